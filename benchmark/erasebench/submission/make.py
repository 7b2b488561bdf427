"""Makes a diff of a base and an erased checkpoint: whole tensors, a few values, or factors."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field

from erasebench.results.weight_change import WeightChangeCard
from erasebench.submission.base import BaseTensors
from erasebench.submission.card import Card, DiffHeader
from erasebench.submission.changed import load_changes
from erasebench.submission.checkpoint import Checkpoint, check_edits_weights
from erasebench.submission.diff_edits import FACTORS, PLACES, MadeKind
from erasebench.submission.tensors import digest_of, read_tensor, save_tensors

_BITS = {2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Whole numbers as wide as a value, by its bytes."""


class Made(BaseModel):
    """A diff that was made, and what it is of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description="The file.")
    bytes: int = Field(ge=0, description="Its size.")
    header: DiffHeader = Field(description="What it says of itself.")
    brief: int = Field(
        ge=0,
        description="Tensors given by their values at a few places or as two factors; the others "
        "are whole.",
    )
    tensors: int = Field(ge=0, description="Tensors that it changes.")
    lost: float = Field(
        ge=0,
        description="Frobenius norm of what the factors leave out over that of the change, in the "
        "tensor in which it is largest; 0 where the diff is exact.",
    )
    weight_change: WeightChangeCard = Field(description="How much the checkpoint changes.")


def make_diff(
    checkpoint: Checkpoint,
    base: BaseTensors,
    path: Path,
    *,
    kind: MadeKind = "replace",
    rank: int = 1,
    card: Card,
) -> Made:
    """Writes what a checkpoint changes as a diff, whole or not at all.

    A diff of kind `replace` or `sparse` gives the changed tensors back to the last bit, and names
    their digest, which is checked whenever it is read. Where the values at a few places, or two
    factors, would take more room than the tensor, the tensor is stored whole.

    Args:
        checkpoint: in any layout that changes weights.
        base: what it is an edit of.
        path: the diff's file.
        kind: of the diff.
        rank: of the factors in a diff of kind `low_rank`; no other kind has any.
        card: how the checkpoint was made.

    Raises:
        CheckpointError: as `load_changed_tensors`.
        DiskFullError, UnwritableError: if the file cannot be written.
    """
    check_edits_weights(checkpoint)
    changes = load_changes(checkpoint, base)
    assert changes.card is not None
    stored: dict[str, torch.Tensor] = {}
    brief, lost = 0, 0.0
    for name, tensor in changes.tensors.items():
        pair: tuple[torch.Tensor, torch.Tensor] | None = None
        endings = PLACES
        if kind == "sparse":
            pair = places_and_values(tensor, read_tensor(base.tensors[name]))
        elif kind == "low_rank" and tensor.ndim > 1:
            change = tensor.double() - read_tensor(base.tensors[name]).double()
            pair, endings = factors(change, rank), FACTORS
            if _bytes(*pair) < _bytes(tensor):
                lost = max(lost, _lost(change, *pair))
        if pair is None or _bytes(*pair) >= _bytes(tensor):
            stored[name] = tensor
        else:
            brief += 1
            stored |= {name + ending: half for ending, half in zip(endings, pair, strict=True)}
    header = DiffHeader(
        schema_version=1,
        kind=kind,
        base=base.digest,
        result=None if kind == "low_rank" else digest_of(changes.tensors),
        card=card,
    )
    save_tensors(path, stored, header.as_metadata())
    return Made(
        path=str(path),
        bytes=path.stat().st_size,
        header=header,
        brief=brief,
        tensors=len(changes.tensors),
        lost=lost,
        weight_change=changes.card,
    )


def places_and_values(
    edited: torch.Tensor, unedited: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where two tensors differ by any bit, and what the edited one holds there.

    Args:
        edited: floating-point.
        unedited: of the same shape; compared as rounded to the dtype of `edited`.

    Returns:
        Places in the tensor as it lies row by row, ascending, int32 where they fit, else int64,
        (n,); and values in the dtype of `edited`, (n,).
    """
    bits = _BITS[edited.element_size()]
    flat, reference = edited.flatten(), unedited.to(edited.dtype).flatten()
    places = (flat.view(bits) != reference.view(bits)).nonzero().flatten()
    fits = edited.numel() <= torch.iinfo(torch.int32).max
    return places.to(torch.int32 if fits else torch.int64), flat[places]


def factors(change: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The nearest product of two factors of a rank, in the Frobenius norm.

    It projects on the leading eigenvectors of the Gram matrix of the smaller side, so that nothing
    larger than the change itself is in memory.

    Args:
        change: float64 (out, in) or (out, in, height, width).
        rank: at least 1; cut down to the smaller side.

    Returns:
        `up` and `down` in float32, shaped as a diff of kind `low_rank` has them.
    """
    matrix = change.flatten(1)
    wide = len(matrix) <= matrix.shape[1]
    gram = matrix @ matrix.T if wide else matrix.T @ matrix
    # Eigenvalues ascend.
    leading = torch.linalg.eigh(gram).eigenvectors[:, -rank:]
    up, down = (leading, leading.T @ matrix) if wide else (matrix @ leading, leading.T)
    ones = (1,) * (change.ndim - 2)
    return (
        up.float().reshape(*up.shape, *ones).contiguous(),
        down.float().reshape(len(down), *change.shape[1:]).contiguous(),
    )


def _lost(change: torch.Tensor, up: torch.Tensor, down: torch.Tensor) -> float:
    left = change.flatten(1) - up.double().flatten(1) @ down.double().flatten(1)
    return float(left.norm() / change.norm())


def _bytes(*tensors: torch.Tensor) -> int:
    return sum(tensor.nbytes for tensor in tensors)
