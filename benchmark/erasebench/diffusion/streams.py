"""Streams of noise that images of the base and most probes start from."""

from __future__ import annotations

from erasebench.diffusion.trajectory import NoiseStream


def prompt_start(prompt_index: int) -> NoiseStream:
    """Start latent of a prompt index: the same in every concept and in nearly every probe."""
    return NoiseStream("start", prompt_index)


def example_start(number: int) -> NoiseStream:
    """Start latent of one of the images that a concept is learned from; no probe draws from it."""
    return NoiseStream("example_start", number)
