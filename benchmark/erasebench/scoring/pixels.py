"""From 8-bit images to a network's input: the only preprocessing there is.

Libraries' image processors choose their backend by what is installed, which would change scores.
Here the same torch operations run everywhere, with numbers from the protocol.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import interpolate

from erasebench.protocol import CentreSquare, PixelInput


def to_input(
    pictures: npt.NDArray[np.uint8], pixels: PixelInput, device: torch.device
) -> torch.Tensor:
    """Resizes to the network's size, then subtracts mean and divides by deviation.

    Args:
        pictures: uint8 (N, H, W, 3).
        pixels: the network's numbers.
        device: where the network is.

    Returns:
        float32 (N, 3, size, size). The resize is bilinear and antialiased, on levels in [0, 1];
        images that have the size already keep their levels exactly.
    """
    levels = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2) / 255
    side = (pixels.size, pixels.size)
    if levels.shape[2:] != side:
        levels = interpolate(levels, side, mode="bilinear", antialias=True)
    mean = torch.tensor(pixels.mean, device=device).view(1, 3, 1, 1)
    deviation = torch.tensor(pixels.deviation, device=device).view(1, 3, 1, 1)
    return (levels - mean) / deviation


def crop(pictures: npt.NDArray[np.uint8], centre: CentreSquare) -> npt.NDArray[np.uint8]:
    """The centre square of images: the view `crop` of inpainting.

    Args:
        pictures: uint8 (N, H, W, 3).
        centre: the square, in pixels.

    Returns:
        uint8 (N, S, S, 3), S the square's side.
    """
    first, end = centre.pixels
    return pictures[:, first:end, first:end]
