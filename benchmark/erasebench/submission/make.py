"""Makes a diff of an erased checkpoint: complete tensors, sparse values, or factors."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import Field

from erasebench.frozen_model import FrozenModel
from erasebench.results.preparation import WeightChangeCard
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import Card, DiffHeader
from erasebench.submission.checkpoint import Checkpoint, check_edits_weights
from erasebench.submission.formats.diff import FACTORS, PLACES, MadeKind
from erasebench.submission.load_changes import load_changes
from erasebench.submission.tensors import digest_of, read_tensor, save_tensors

_BITS = {2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Integer dtype of the same width, by bytes."""


class DiffReport(FrozenModel):
    """A new diff."""

    path: str = Field(description="The file.")
    bytes: int = Field(ge=0, description="Its size.")
    header: DiffHeader = Field(description="Its metadata.")
    brief: int = Field(
        ge=0,
        description="Tensors stored as sparse values or as two factors; the others are complete.",
    )
    tensors: int = Field(ge=0, description="Changed tensors.")
    lost: float = Field(
        ge=0,
        description="Largest relative error of a tensor's change, as Frobenius norms; 0 if the "
        "diff is exact.",
    )
    weight_change: WeightChangeCard = Field(description="Size of the change.")


def make_diff(
    checkpoint: Checkpoint,
    base: BaseTensors,
    path: Path,
    *,
    kind: MadeKind = "replace",
    rank: int = 1,
    card: Card,
) -> DiffReport:
    """Writes the changes of a checkpoint as a diff, atomically.

    Diffs of kind `replace` and `sparse` restore the changed tensors exactly, and contain their
    digest, which is checked on reading. If sparse values or factors would be larger than the
    tensor, the tensor is stored complete.

    Args:
        checkpoint: any layout that changes weights.
        base: its base.
        path: the diff's file.
        kind: of the diff.
        rank: of the factors, for kind `low_rank` only.
        card: how the checkpoint was made.

    Raises:
        CheckpointError: see `load_changed_tensors`.
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
        if pair is None or sum(half.nbytes for half in pair) >= tensor.nbytes:
            stored[name] = tensor
            continue
        brief += 1
        stored |= {name + ending: half for ending, half in zip(endings, pair, strict=True)}
        if kind == "low_rank":
            lost = max(lost, _lost(change, *pair))
    header = DiffHeader(
        schema_version=1,
        kind=kind,
        base=base.digest,
        result=None if kind == "low_rank" else digest_of(changes.tensors),
        card=card,
    )
    save_tensors(path, stored, header.as_metadata())
    return DiffReport(
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
    """Positions where two tensors differ in any bit, and the edited values there.

    Args:
        edited: floating-point.
        unedited: same shape; rounded to the dtype of `edited` for the comparison.

    Returns:
        Ascending row-major positions, int32 if they fit, else int64, (n,); and values in the dtype
        of `edited`, (n,).
    """
    bits = _BITS[edited.element_size()]
    flat, reference = edited.flatten(), unedited.to(edited.dtype).flatten()
    places = (flat.view(bits) != reference.view(bits)).nonzero().flatten()
    fits = edited.numel() <= torch.iinfo(torch.int32).max
    return places.to(torch.int32 if fits else torch.int64), flat[places]


def factors(change: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The best approximation by two factors of a rank, in the Frobenius norm.

    Projects onto the leading eigenvectors of the Gram matrix of the smaller side, so nothing larger
    than the change is in memory.

    Args:
        change: float64 (out, in) or (out, in, height, width).
        rank: at least 1; limited to the smaller side.

    Returns:
        `up` and `down` in float32, in the shapes of a `low_rank` diff.
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
