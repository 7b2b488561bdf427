"""Applies an edit of a checkpoint to a tensor of the base."""

from __future__ import annotations

import torch

from erasebench.errors import CheckpointError
from erasebench.submission.edit import Added, Edit, LowRank, Sparse, Whole
from erasebench.submission.header import TensorEntry
from erasebench.submission.tensors import read_tensor


def edited_tensor(edit: Edit, unedited: torch.Tensor) -> torch.Tensor:
    """The edited tensor, on the CPU.

    Whole tensors and sparse values are exact, in the dtype of the file. Differences are added in
    float64, and the sum is rounded to float32 once.

    Args:
        edit: with floating-point entries and the shape of the base's tensor.
        unedited: the base's tensor.

    Raises:
        CheckpointError: if indices are not ascending or out of range, or the file has become
            shorter since its header was read.
    """
    match edit:
        case LowRank():
            product = _matrix(edit.up) @ _matrix(edit.down)
            return _sum(unedited, product.view(unedited.shape), _scale(edit))
        case Sparse():
            return _replaced(edit, unedited)
        case Added():
            return _sum(unedited, read_tensor(edit.entry).double(), 1.0)
        case Whole():
            return read_tensor(edit.entry)


def _sum(unedited: torch.Tensor, change: torch.Tensor, scale: float) -> torch.Tensor:
    return change.mul_(scale).add_(unedited.double()).float()


def _matrix(entry: TensorEntry) -> torch.Tensor:
    return read_tensor(entry).double().flatten(1)


def _scale(edit: LowRank) -> float:
    if edit.alpha is None:
        return 1.0
    alpha = edit.alpha if isinstance(edit.alpha, float) else read_tensor(edit.alpha).double().item()
    return alpha / edit.rank


def _replaced(edit: Sparse, unedited: torch.Tensor) -> torch.Tensor:
    size = unedited.numel()
    # Counted before reading, so that a small tensor cannot become expensive.
    if edit.indices.shape[0] > size:
        raise _wrong_places(edit, size)
    places = read_tensor(edit.indices).long()
    values = read_tensor(edit.values)
    if len(places) and not (places[0] >= 0 and places[-1] < size and (places.diff() > 0).all()):
        raise _wrong_places(edit, size)
    edited = unedited.to(values.dtype, copy=True)
    edited.view(-1)[places] = values
    return edited


def _wrong_places(edit: Sparse, size: int) -> CheckpointError:
    return CheckpointError(
        edit.indices.path,
        f"The {edit.indices.shape[0]} indices for a tensor of {size} values are not ascending from "
        "0. Make the diff again with `erasebench diff make`.",
    )
