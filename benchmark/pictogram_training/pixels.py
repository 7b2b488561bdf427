"""Images as tensors, with one range and normalisation for all models of the recipe."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

MEAN = 0.5
"""Subtracted from each channel in [0, 1]."""

DEVIATION = 0.5
"""Divisor of each channel afterwards; the range is then [-1, 1]."""


def to_unit(pictures: npt.NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """uint8 (N, H, W, 3) to float32 (N, 3, H, W) in [0, 1], channels last in memory."""
    tensor = torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2)
    return tensor.float().div_(255).contiguous(memory_format=torch.channels_last)


def normalise(images: torch.Tensor) -> torch.Tensor:
    """[0, 1] to the models' range, [-1, 1]."""
    return (images - MEAN) / DEVIATION


def sample_rows(
    pictures: npt.NDArray[np.uint8], batch: int, generator: torch.Generator, device: torch.device
) -> tuple[torch.Tensor, npt.NDArray[np.int64]]:
    """A random batch, with replacement.

    Returns:
        float32 (batch, 3, H, W) in [0, 1], and the rows.
    """
    rows = torch.randint(len(pictures), (batch,), generator=generator).numpy()
    return to_unit(pictures[rows], device), rows
