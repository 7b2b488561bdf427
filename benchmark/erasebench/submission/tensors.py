"""Reads tensors from safetensors files, by their checked headers, and writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save

from erasebench.disk import replace_file
from erasebench.errors import CheckpointError
from erasebench.submission.digest import TensorDigest, combined
from erasebench.submission.header import TensorEntry

FLOAT_DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}
"""Dtypes of weights."""

_READ_DTYPES = FLOAT_DTYPES | {"I32": torch.int32, "I64": torch.int64}
"""Also with the dtypes of sparse indices."""

_FLOAT_NAMES = {dtype: name for name, dtype in FLOAT_DTYPES.items()}


def read_tensor(entry: TensorEntry) -> torch.Tensor:
    """A tensor's values, in the file's dtype, on the CPU.

    Args:
        entry: from the file's header; its dtype is a key of `FLOAT_DTYPES`, I32 or I64.

    Raises:
        CheckpointError: if the file has become shorter since its header was read.
    """
    tensor = torch.empty(entry.shape, dtype=_READ_DTYPES[entry.dtype])
    with entry.path.open("rb") as file:
        file.seek(entry.begin)
        found = file.readinto(_bytes(tensor))
    if found != entry.end - entry.begin:
        raise CheckpointError(
            entry.path,
            "The file changed while it was read. Wait until it is complete, and try again.",
        )
    return tensor


def digest_of(tensors: Mapping[str, torch.Tensor]) -> str:
    """Digest of named tensors, hex; the same as that of a file with these tensors.

    Args:
        tensors: name → tensor of a floating-point dtype, on any device.
    """
    return combined(
        TensorDigest(
            name,
            _FLOAT_NAMES[tensor.dtype],
            tuple(tensor.shape),
            hashlib.sha256(_bytes(tensor.detach().cpu().contiguous())).hexdigest(),
        )
        for name, tensor in tensors.items()
    )


def save_tensors(
    path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]
) -> None:
    """Writes tensors atomically: at any moment the file holds the old content or the new.

    Raises:
        DiskFullError: if there is no space; the old content stays.
    """
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    replace_file(path, save(contiguous, dict(metadata)))


def _bytes(tensor: torch.Tensor) -> memoryview:
    """The memory of a contiguous tensor on the CPU, row-major."""
    return tensor.view(-1).view(torch.uint8).numpy().data
