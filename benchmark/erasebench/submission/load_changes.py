"""The tensors of a checkpoint that differ from its base, checked one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from erasebench.errors import CheckpointError, EmptyDiffError, NonFiniteError
from erasebench.results.preparation import WeightChangeCard
from erasebench.submission.apply import edited_tensor
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.match import check_match
from erasebench.submission.tensors import digest_of, read_tensor
from erasebench.submission.weight_change import WeightChange


@dataclass(frozen=True)
class Changes:
    """The changes of a checkpoint.

    Attributes:
        tensors: canonical name → tensor, sorted by name, on the CPU, in the dtype of its file.
        card: size of the change by kind of module; None for a prompt filter.
    """

    tensors: Mapping[str, torch.Tensor]
    card: WeightChangeCard | None


def load_changes(checkpoint: Checkpoint, base: BaseTensors) -> Changes:
    """Like `load_changed_tensors`, and measures the change in the same pass.

    Apart from the result, at most a few tensors are in memory.
    """
    change = WeightChange()
    tensors = load_changed_tensors(checkpoint, base, change)
    return Changes(tensors, None if checkpoint.filtered else change.card())


def load_changed_tensors(
    checkpoint: Checkpoint, base: BaseTensors, change: WeightChange | None = None
) -> dict[str, torch.Tensor]:
    """Reads every tensor of a checkpoint, checks it, and keeps those that differ from the base.

    A tensor differs if its values are not the base's rounded to its dtype: a model saved in float16
    has not changed tensors that were only rounded, and these keep the base's precision. Changed
    tensors keep the dtype of their file.

    Args:
        checkpoint: the checkpoint.
        base: its base.
        change: sums up the change over all tensors of the base; None to measure nothing.

    Returns:
        Canonical name → tensor, sorted by name, on the CPU; at least one, except for a prompt
        filter.

    Raises:
        TensorMismatchError: if tensors are missing, unknown or misshaped.
        WrongBaseError: if it is a diff for another base.
        NonFiniteError: if tensors contain NaN, infinity, or values that overflow in float32.
        EmptyDiffError: if no tensor differs.
        CheckpointError: if tensors are not floating-point, a file changed while it was read, or an
            exact diff does not reproduce its digest.
    """
    check_match(checkpoint, base)
    changed: dict[str, torch.Tensor] = {}
    broken: list[str] = []
    # The size of a change is relative to the whole base; else only the given tensors matter.
    names = checkpoint.tensors if change is None else base.tensors
    for name in sorted(names):
        unedited = read_tensor(base.tensors[name])
        tensor = unedited
        if name in checkpoint.tensors:
            tensor = edited_tensor(checkpoint.tensors[name], unedited)
            # The model computes in float32 at most, where a large float64 overflows.
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


def change_digest(checkpoint: Checkpoint, changed: Mapping[str, torch.Tensor]) -> str:
    """Digest of a checkpoint's change, hex: of its tensors, or of the filtered label.

    Args:
        checkpoint: the checkpoint.
        changed: result of `load_changed_tensors`.
    """
    if checkpoint.filtered is None:
        return digest_of(changed)
    words = [checkpoint.layout, checkpoint.filtered.label]
    if checkpoint.filtered.acts_from:
        words.append(str(checkpoint.filtered.acts_from))
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def _check_result(checkpoint: Checkpoint, changed: Mapping[str, torch.Tensor]) -> None:
    wanted = checkpoint.diff.result if checkpoint.diff else None
    if wanted is not None and wanted != (found := digest_of(changed)):
        raise CheckpointError(
            checkpoint.path,
            f"The applied diff has digest {found[:12]}, but its metadata says {wanted[:12]}. The "
            "file is damaged: make it again with `erasebench diff make`.",
        )
