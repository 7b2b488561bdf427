"""The streams of noise that images start from; trials that share one are paired."""

from __future__ import annotations

from erasebench.diffusion.trajectory import NoiseStream


def prompt_start(prompt_index: int) -> NoiseStream:
    """Start latent of a prompt index: the same in every concept and in nearly every probe."""
    return NoiseStream("start", prompt_index)


def fresh_start(prompt_index: int, variant: int) -> NoiseStream:
    """Start latent of one redraw, for `resampling` alone."""
    return NoiseStream("start", prompt_index, variant)


def step_noise(prompt_index: int, variant: int) -> NoiseStream:
    """Noise of the steps, shared by every probe that adds any."""
    return NoiseStream("step", prompt_index, variant)


def inpainting_start(prompt_index: int) -> NoiseStream:
    """Start latent of inpainting.

    Not `prompt_start`: the source image was generated from it, so it would leak the layout of the
    masked part.
    """
    return NoiseStream("inpainting_start", prompt_index)


def example_start(number: int) -> NoiseStream:
    """Start latent of an image that a concept is learned from; no probe starts from it."""
    return NoiseStream("example_start", number)
