"""The streams of noise that probes draw from; which trials share one is what pairs them."""

from __future__ import annotations

from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import NoiseStream

__all__ = ["fresh_start", "inpainting_start", "prompt_start", "step_noise"]


def fresh_start(prompt_index: int, variant: int) -> NoiseStream:
    """Start latent of one redraw, for `resampling` alone."""
    return NoiseStream("start", prompt_index, variant)


def step_noise(prompt_index: int, variant: int) -> NoiseStream:
    """Noise of the steps, shared by every probe that adds any."""
    return NoiseStream("step", prompt_index, variant)


def inpainting_start(prompt_index: int) -> NoiseStream:
    """Start latent of inpainting.

    Not `prompt_start`: the source picture grew from that one, so it would leak the layout of what
    is masked.
    """
    return NoiseStream("inpainting_start", prompt_index)
