"""Augmentations of random strength that leave an image recognisable.

All take and return float32 (N, 3, H, W) in [0, 1] and use the given generator.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import affine_grid, avg_pool2d, conv2d, grid_sample, interpolate

CENTRE_SHARE = 0.5
"""Share of the side that a centre crop keeps: pixels 16 to 47 of 64."""


def _uniform(
    count: int, low: float, high: float, generator: torch.Generator, like: torch.Tensor
) -> torch.Tensor:
    """float32 (count, 1, 1, 1), uniform between low and high."""
    draws = torch.rand(count, 1, 1, 1, generator=generator) * (high - low) + low
    return draws.to(like.device)


def add_noise(
    images: torch.Tensor, low: float, high: float, generator: torch.Generator
) -> torch.Tensor:
    """Adds Gaussian noise with a random deviation per image, then clips."""
    strength = _uniform(len(images), low, high, generator, images)
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    return (images + strength * noise).clamp_(0, 1)


def blur(images: torch.Tensor, deviation: float) -> torch.Tensor:
    """Gaussian blur of a deviation in pixels, edges repeated."""
    radius = max(1, round(2.5 * deviation))
    at = torch.arange(-radius, radius + 1, dtype=torch.float32, device=images.device)
    kernel = torch.exp(-(at**2) / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    padded = torch.nn.functional.pad(images, [radius] * 4, mode="replicate")
    return conv2d(conv2d(padded, kernel, groups=3), kernel.transpose(2, 3), groups=3)


def soften(images: torch.Tensor, factor: int) -> torch.Tensor:
    """Averages down by a factor and up again, like a lossy code."""
    return interpolate(avg_pool2d(images, factor), images.shape[-2:], mode="bilinear")


def centre_crop(images: torch.Tensor) -> torch.Tensor:
    """The middle half of each side, resized to the whole, as judged by the inpainting probe."""
    size = images.shape[-1]
    margin = round(size * (1 - CENTRE_SHARE) / 2)
    middle = images[..., margin : size - margin, margin : size - margin]
    return interpolate(middle, (size, size), mode="bilinear", align_corners=False)


def move_and_zoom(
    images: torch.Tensor, zoom: tuple[float, float], shift: float, generator: torch.Generator
) -> torch.Tensor:
    """Shows a window of each image, mirrored half of the time.

    Args:
        images: the images.
        zoom: bounds of the window's side as a share of the image's; above 1 shrinks.
        shift: maximum shift of its centre, as a share of half the side.
        generator: of the random numbers.

    Returns:
        Images of the same size; outside of the original the edge is repeated.
    """
    count = len(images)
    side = _uniform(count, *zoom, generator, images).flatten()
    mirror = (torch.rand(count, generator=generator) < 0.5).to(images.device) * -2.0 + 1.0
    offsets = (torch.rand(count, 2, generator=generator) * 2 - 1).to(images.device) * shift
    grid = torch.zeros(count, 2, 3, device=images.device)
    grid[:, 0, 0], grid[:, 1, 1] = side * mirror, side
    grid[:, :, 2] = offsets
    where = affine_grid(grid, list(images.shape), align_corners=False)
    return grid_sample(images, where, padding_mode="border", align_corners=False)


def shift_colours(
    images: torch.Tensor, strength: float, generator: torch.Generator
) -> torch.Tensor:
    """Changes contrast and lightness of the image and of each channel by up to `strength`."""
    count = len(images)
    contrast = 1 + _uniform(count, -strength, strength, generator, images)
    cast = (torch.rand(count, 3, 1, 1, generator=generator) * 2 - 1).to(images.device) * strength
    middle = images.mean((1, 2, 3), keepdim=True)
    return ((images - middle) * contrast + middle + cast / 2).clamp_(0, 1)


def jitter_softly(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Light noise, a small zoom and shift, and a slight change of colours."""
    images = move_and_zoom(images, (0.85, 1.05), 0.08, generator)
    images = shift_colours(images, 0.1, generator)
    return add_noise(images, 0.0, 0.06, generator)


def sometimes(
    images: torch.Tensor,
    share: float,
    generator: torch.Generator,
    disturb: Callable[[torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    """Changes each image with a probability."""
    chosen = (torch.rand(len(images), generator=generator) < share).to(images.device)
    if not chosen.any():
        return images
    images = images.clone()
    images[chosen] = disturb(images[chosen])
    return images


def wear(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Effects of sampling and decoding: colour cast, softness, blur, noise."""
    images = shift_colours(images, 0.15, generator)
    images = sometimes(images, 0.25, generator, lambda some: soften(some, 2))
    deviation = 0.5 + float(torch.rand(1, generator=generator))
    images = sometimes(images, 0.25, generator, lambda some: blur(some, deviation))
    return sometimes(images, 0.5, generator, lambda some: add_noise(some, 0.0, 0.15, generator))


def reframe(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Half of the images moved and zoomed a little, then a fifth cropped to their centre."""
    images = sometimes(
        images, 0.5, generator, lambda some: move_and_zoom(some, (0.8, 1.15), 0.12, generator)
    )
    return sometimes(images, 0.2, generator, centre_crop)
