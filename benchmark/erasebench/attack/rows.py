"""The rows of a file of embeddings: numbers alone, as many as they may be, and all of them finite.

They have no bound on their length but that half precision holds them. A row that is long enough to
draw anything from anything draws it from a model that never knew the concept too, and the floor
takes that away.
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
"""Of a number. Token embeddings have numbers under 1; half precision ends at 65,504."""

Rows = npt.NDArray[np.float32]
"""(N, k, D): k tokens for all prompt indices (N = 1), or for each."""


def entry_of(path: Path) -> TensorEntry:
    """The one tensor of a file, by its header.

    Raises:
        PickleRefusedError: if it is a pickle, whatever its name.
        CheckpointError: if it is no whole safetensors file, or holds not one tensor of a dtype
            that is read.
    """
    tensors = read_header(path).tensors
    if len(tensors) != 1:
        raise CheckpointError(
            path, f"It holds {len(tensors)} tensors; an attack is one, (k, d) or (prompts, k, d)."
        )
    (entry,) = tensors.values()
    if entry.dtype not in _DTYPES:
        raise CheckpointError(
            path, f"Its tensor is {entry.dtype}; it must be float32 (F32) or float16 (F16)."
        )
    return entry


def read_rows(entry: TensorEntry, prompts: int, width: int) -> Rows:
    """Reads the rows.

    Args:
        entry: the tensor, in its file.
        prompts: prompt indices of the protocol.
        width: D, numbers of a row of the base's token embedding.

    Raises:
        CheckpointError: if the shape is none that the base's text encoder takes, or a number is
            not finite or too large.
    """
    path, shape = entry.path, entry.shape
    many = shape[0] if len(shape) == 3 else 1
    fits = len(shape) in (2, 3) and shape[-1] == width and 1 <= shape[-2] <= MOST_TOKENS
    if not fits or many not in (1, prompts):
        raise CheckpointError(
            path,
            f"Its tensor has the shape {list(shape)}; it must be [k, {width}] with k from 1 to "
            f"{MOST_TOKENS} tokens, or [{prompts}, k, {width}], as the base's text encoder is "
            f"{width} wide and there are {prompts} prompt indices.",
        )
    with path.open("rb") as file:
        file.seek(entry.begin)
        content = file.read(entry.end - entry.begin)
    rows = np.frombuffer(content, _DTYPES[entry.dtype]).astype(np.float32)
    if not np.isfinite(rows).all():
        raise CheckpointError(path, "It holds NaN or infinity. Every number must be finite.")
    if np.abs(rows).max() > LARGEST:
        raise CheckpointError(
            path,
            f"It holds a number as large as {np.abs(rows).max():.4g}; they may be up to "
            f"{LARGEST:g}, so that half precision holds what the text encoder makes of them.",
        )
    return rows.reshape(many, shape[-2], width)
