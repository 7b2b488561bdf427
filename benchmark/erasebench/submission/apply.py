"""From what a checkpoint gives for a tensor to the edited tensor."""

from __future__ import annotations

import torch

from erasebench.errors import CheckpointError
from erasebench.submission.edit import Added, Edit, LowRank, Sparse, Whole
from erasebench.submission.header import TensorEntry
from erasebench.submission.tensors import read_tensor


def edited_tensor(edit: Edit, unedited: torch.Tensor) -> torch.Tensor:
    """The edited tensor, on the CPU.

    A whole tensor comes back to the last bit, and so do the values of a sparse edit, in the dtype
    of the file. What is added is added in float64, and the sum rounded to float32 once.

    Args:
        edit: its entries hold floating-point numbers, and its shape is the base's.
        unedited: the base's tensor.

    Raises:
        CheckpointError: if places are not ascending places of the tensor, or a file has become
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
    # Counted before they are read, so that no file makes a small tensor cost much.
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
        f"It names {edit.indices.shape[0]} places in a tensor of {size} values, and these are not "
        "ascending ones from 0 on. Make the diff again with `erasebench diff make`.",
    )
