"""Images of nothing, in which a classifier must recognise no object.

A broken model generates similar images. All functions take and return float32 (N, 3, H, W) in
[0, 1] and use the given generator.
"""

from __future__ import annotations

import torch
from torch.nn.functional import interpolate

from pictogram_training.augment import add_noise, blur

GRID = 4
"""Patches along each side of an image with shuffled patches."""


def noise_blocks(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Random values in blocks with a side of 1, 2, 4 or 8 pixels; ignores the images."""
    block = 2 ** int(torch.randint(4, (1,), generator=generator))
    cells = images.shape[-1] // block
    values = torch.rand(len(images), 3, cells, cells, generator=generator).to(images.device)
    return interpolate(values, images.shape[-2:], mode="nearest")


def flat_or_gradient(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """One colour, a gradient between four, or soft clouds of up to sixteen."""
    points = 1 + int(torch.randint(4, (1,), generator=generator))
    values = torch.rand(len(images), 3, points, points, generator=generator).to(images.device)
    return interpolate(values, images.shape[-2:], mode="bilinear", align_corners=points > 1)


def shuffle_patches(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The 4×4 grid of patches in a random order per image."""
    count, channels, size, _ = images.shape
    side = size // GRID
    patches = images.reshape(count, channels, GRID, side, GRID, side)
    patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(count, GRID**2, channels, side, side)
    order = torch.rand(count, GRID**2, generator=generator).argsort(1).to(images.device)
    patches = patches[torch.arange(count, device=images.device)[:, None], order]
    patches = patches.reshape(count, GRID, GRID, channels, side, side)
    return patches.permute(0, 3, 1, 4, 2, 5).reshape(images.shape)


def drown(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Noise that hides the image."""
    return add_noise(images, 0.7, 1.5, generator)


def dissolve(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Blur with a deviation of 6 to 10 pixels."""
    return blur(images, 6 + 4 * float(torch.rand(1, generator=generator)))


def blend(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Two images blended in nearly equal parts."""
    other = images[torch.randperm(len(images), generator=generator).to(images.device)].flip(-1)
    share = 0.4 + 0.2 * float(torch.rand(1, generator=generator))
    return share * images + (1 - share) * other


def mosaic(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Four quarters, each from another image."""
    half = images.shape[-1] // 2
    whole = images.clone()
    for top in (0, half):
        for left in (0, half):
            order = torch.randperm(len(images), generator=generator).to(images.device)
            quarter = (..., slice(top, top + half), slice(left, left + half))
            whole[quarter] = images[order][quarter]
    return whole


EMPTY = (noise_blocks, flat_or_gradient)
"""Results without any trace of the image or its style."""

GARBLED = (shuffle_patches, shuffle_patches, drown, dissolve, blend, mosaic)
"""Results with traces of the image; shuffled patches, the hardest, count twice."""
