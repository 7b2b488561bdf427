"""Reads token embeddings from a file, and checks shape and values.

Values only have to fit float16. Embeddings that are large enough to generate the concept from any
model also do so from the retrained model, and the floor accounts for that.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from erasebench.attack.manifest import MOST_TOKENS
from erasebench.errors import CheckpointError
from erasebench.submission.header import TensorEntry, read_header

_DTYPES = {"F32": "<f4", "F16": "<f2"}

LARGEST = 1_000.0
"""Largest absolute value. Token embeddings are below 1; float16 ends at 65,504."""

Rows = npt.NDArray[np.float32]
"""(N, k, D): k tokens for all prompt indices (N = 1), or for each."""


def entry_of(path: Path) -> TensorEntry:
    """The single tensor of a file, from its header.

    Raises:
        PickleRefusedError: if it is a pickle, whatever its name.
        CheckpointError: if it is not a complete safetensors file with one tensor of an allowed
            dtype.
    """
    tensors = read_header(path).tensors
    if len(tensors) != 1:
        raise CheckpointError(
            path, f"{len(tensors)} tensors found; an attack has one, (k, d) or (prompts, k, d)."
        )
    (entry,) = tensors.values()
    if entry.dtype not in _DTYPES:
        raise CheckpointError(
            path, f"The tensor is {entry.dtype}; it must be float32 (F32) or float16 (F16)."
        )
    return entry


def read_rows(entry: TensorEntry, prompts: int, width: int) -> Rows:
    """Reads the embeddings.

    Args:
        entry: the tensor, in its file.
        prompts: number of prompt indices of the protocol.
        width: D, width of the base's token embedding.

    Raises:
        CheckpointError: if the shape does not fit the base's text encoder, or a value is not finite
            or too large.
    """
    path, shape = entry.path, entry.shape
    many = shape[0] if len(shape) == 3 else 1
    fits = len(shape) in (2, 3) and shape[-1] == width and 1 <= shape[-2] <= MOST_TOKENS
    if not fits or many not in (1, prompts):
        raise CheckpointError(
            path,
            f"The tensor has shape {list(shape)}; it must be [k, {width}] with 1 to {MOST_TOKENS} "
            f"tokens k, or [{prompts}, k, {width}]: the text encoder has width {width}, and there "
            f"are {prompts} prompt indices.",
        )
    with path.open("rb") as file:
        file.seek(entry.begin)
        content = file.read(entry.end - entry.begin)
    rows = np.frombuffer(content, _DTYPES[entry.dtype]).astype(np.float32)
    if not np.isfinite(rows).all():
        raise CheckpointError(path, "It contains NaN or infinity; all values must be finite.")
    if np.abs(rows).max() > LARGEST:
        raise CheckpointError(
            path,
            f"The largest value is {np.abs(rows).max():.4g}; the limit is {LARGEST:g}, so that the "
            "text encoder's output fits float16.",
        )
    return rows.reshape(many, shape[-2], width)
