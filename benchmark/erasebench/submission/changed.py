"""What a checkpoint changes: the tensors that differ from its base, checked one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from erasebench.errors import CheckpointError, EmptyDiffError, NonFiniteError
from erasebench.results.weight_change import WeightChangeCard
from erasebench.submission.apply import edited_tensor
from erasebench.submission.base import BaseTensors
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.match import check_match
from erasebench.submission.tensors import digest_of, read_tensor
from erasebench.submission.weight_change import WeightChange


@dataclass(frozen=True)
class Changes:
    """What a checkpoint changes.

    Attributes:
        tensors: canonical name → tensor, sorted by name, on the CPU, in the dtype of its file.
        card: how much that is, by group of modules; None for a prompt filter.
    """

    tensors: Mapping[str, torch.Tensor]
    card: WeightChangeCard | None


def load_changes(checkpoint: Checkpoint, base: BaseTensors) -> Changes:
    """Reads and checks as `load_changed_tensors` does, and measures the change in the same pass.

    Beside what is kept, at most a few tensors are in memory at once.
    """
    change = WeightChange()
    tensors = _load(checkpoint, base, change)
    return Changes(tensors, None if checkpoint.filtered else change.card())


def load_changed_tensors(checkpoint: Checkpoint, base: BaseTensors) -> dict[str, torch.Tensor]:
    """Reads every tensor of a checkpoint, checks it, and keeps those that differ from the base.

    A tensor differs where its values are not those of the base rounded to its own dtype: a model
    saved in float16 has not changed the tensors that it merely rounded, and these stay as precise
    as the base holds them. What is kept is kept in the dtype of its file.

    Args:
        checkpoint: what was given.
        base: the base that it should be an edit of.

    Returns:
        Canonical name → tensor, sorted by name, on the CPU; at least one, but of a prompt filter
        none.

    Raises:
        TensorMismatchError: if tensors are missing, unknown or misshaped.
        WrongBaseError: if it is a diff that was made against another base.
        NonFiniteError: if tensors hold NaN, infinity, or what is infinite in float32.
        EmptyDiffError: if nothing differs.
        CheckpointError: if tensors are not floating-point, a file changed while it was read, or an
            exact diff does not give what it was made from.
    """
    return _load(checkpoint, base, None)


def change_digest(checkpoint: Checkpoint, changed: Mapping[str, torch.Tensor]) -> str:
    """Digest of what a checkpoint changes, hex: of its tensors, or of the label that it filters.

    Args:
        checkpoint: what was given.
        changed: what `load_changed_tensors` found in it.
    """
    if checkpoint.filtered is None:
        return digest_of(changed)
    words = [checkpoint.layout, checkpoint.filtered.label]
    if checkpoint.filtered.acts_from:
        words.append(str(checkpoint.filtered.acts_from))
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def _load(
    checkpoint: Checkpoint, base: BaseTensors, change: WeightChange | None
) -> dict[str, torch.Tensor]:
    check_match(checkpoint, base)
    changed: dict[str, torch.Tensor] = {}
    broken: list[str] = []
    # The size of a change is told against all of the base, and else only what is given matters.
    names = checkpoint.tensors if change is None else base.tensors
    for name in sorted(names):
        unedited = read_tensor(base.tensors[name])
        tensor = unedited
        if name in checkpoint.tensors:
            tensor = edited_tensor(checkpoint.tensors[name], unedited)
            # The model computes in float32 at most, in which a large float64 is infinite.
            if not torch.isfinite(tensor.float()).all():
                broken.append(name)
                continue
        reference = unedited.to(tensor.dtype)
        if not torch.equal(tensor, reference):
            changed[name] = tensor
        if change is not None:
            change.add(name, reference, tensor if name in changed else None)
    if broken:
        raise NonFiniteError(checkpoint.path, tuple(broken))
    if not changed and checkpoint.filtered is None:
        raise EmptyDiffError(checkpoint.path)
    _check_result(checkpoint, changed)
    return changed


def _check_result(checkpoint: Checkpoint, changed: Mapping[str, torch.Tensor]) -> None:
    wanted = checkpoint.diff.result if checkpoint.diff else None
    if wanted is not None and wanted != (found := digest_of(changed)):
        raise CheckpointError(
            checkpoint.path,
            f"Applied to its base it gives tensors {found[:12]}, and it was made exact from "
            f"{wanted[:12]}. The file is damaged: make it again with `erasebench diff make`.",
        )
