"""What a checkpoint changes: the tensors that differ from its base, checked one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch

from erasebench.errors import CheckpointError, EmptyDiffError, NonFiniteError
from erasebench.submission.base import BaseTensors
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.diff import applied
from erasebench.submission.match import check_match
from erasebench.submission.tensors import FLOAT_DTYPES, digest_of, read_tensor


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
        CheckpointError: if tensors are not floating-point, or a file changed while it was read.
    """
    check_match(checkpoint, base)
    _check_dtypes(checkpoint)
    changed: dict[str, torch.Tensor] = {}
    broken: list[str] = []
    for name, entry in sorted(checkpoint.tensors.items()):
        unedited = read_tensor(base.tensors[name])
        tensor = read_tensor(entry)
        if checkpoint.diff is not None:
            tensor = applied(checkpoint.diff, tensor, unedited)
        # The model computes in float32 at most, in which a large float64 is infinite.
        if not torch.isfinite(tensor.float()).all():
            broken.append(name)
        elif not torch.equal(tensor, unedited.to(tensor.dtype)):
            changed[name] = tensor
    if broken:
        raise NonFiniteError(checkpoint.path, tuple(broken))
    if not changed and checkpoint.filtered is None:
        raise EmptyDiffError(checkpoint.path)
    return changed


def change_digest(checkpoint: Checkpoint, changed: Mapping[str, torch.Tensor]) -> str:
    """Digest of what a checkpoint changes, hex: of its tensors, or of the label that it filters.

    Args:
        checkpoint: what was given.
        changed: what `load_changed_tensors` found in it.
    """
    if checkpoint.filtered is None:
        return digest_of(changed)
    return hashlib.sha256(f"{checkpoint.layout} {checkpoint.filtered.label}".encode()).hexdigest()


def _check_dtypes(checkpoint: Checkpoint) -> None:
    wrong = [
        f"{name} is {entry.dtype}"
        for name, entry in sorted(checkpoint.tensors.items())
        if entry.dtype not in FLOAT_DTYPES
    ]
    if wrong:
        raise CheckpointError(
            checkpoint.path,
            f"{len(wrong)} tensors are not plain floating-point numbers (the first: {wrong[0]}). "
            f"Weights must be one of {', '.join(FLOAT_DTYPES)}: save the model before quantising.",
        )
