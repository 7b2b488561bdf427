"""Digests of tensors: equal for equal names, dtypes, shapes and bytes, however they were saved.

A file is never hashed, since the order of its metadata differs between two saves of the same
tensors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from erasebench.submission.header import TensorEntry, read_header

_CHUNK = 1024 * 1024

_PICKLE = ".bin"
"""How the weights end of a model that was published without safetensors."""


@dataclass(frozen=True)
class TensorDigest:
    """One tensor, condensed.

    Attributes:
        name: what it is called where the digest is taken.
        dtype: as safetensors writes it, e.g. `F16`.
        shape: sizes of its dimensions.
        content: SHA-256 of its bytes, little-endian and row by row, hex.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    content: str


def combined(digests: Iterable[TensorDigest]) -> str:
    """SHA-256 over tensors in the order of their names, hex; the given order does not matter."""
    total = hashlib.sha256()
    for one in sorted(digests, key=lambda digest: digest.name):
        line = json.dumps([one.name, one.dtype, one.shape, one.content])
        total.update(f"{line}\n".encode())
    return total.hexdigest()


def digest_in_file(name: str, entry: TensorEntry) -> TensorDigest:
    """Condenses one tensor of a file, a chunk at a time."""
    content = hashlib.sha256()
    with entry.path.open("rb") as file:
        file.seek(entry.begin)
        left = entry.end - entry.begin
        while chunk := file.read(min(_CHUNK, left)):
            content.update(chunk)
            left -= len(chunk)
    return TensorDigest(name, entry.dtype, entry.shape, content.hexdigest())


def files_digest(folder: Path) -> str:
    """SHA-256 over every file of a model's folder but its tensors, hex: configs and tokenizers.

    Paths and bytes count: a schedule or a label that differs makes other pictures and verdicts
    with the same tensors.
    """
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".safetensors":
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{json.dumps([path.relative_to(folder).as_posix(), content])}\n".encode())
    return total.hexdigest()


def model_digest(folder: Path) -> str:
    """Digest of all tensors that a model's folder holds.

    A tensor is named as in its file, after the folder it lies in: `unet.conv_in.weight` in a
    pipeline, `classifier.weight` where the folder is the model itself. Of a model whose weights are
    a pickle alone, which a protocol may pin, it is the SHA-256 of that file: nothing of it is read
    before that is known to be right.

    Raises:
        CheckpointError: if a file is not safetensors.
        FileNotFoundError: if there are no weights in it.
    """
    paths = sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob(f"*{_PICKLE}"))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no safetensors file")
    return _digest_of_files(folder, tuple(map(_as_it_stands, paths)))


def _as_it_stands(path: Path) -> tuple[Path, int, int]:
    """A file, and what tells that it was written to."""
    state = path.stat()
    return path, state.st_size, state.st_mtime_ns


@lru_cache(maxsize=32)
def _digest_of_files(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """The digest of a model whose files were not written to; a base has gigabytes of them."""
    paths = [path for path, *_ in files]
    if paths[0].suffix == _PICKLE:
        (path,) = paths
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return combined(
        digest_in_file(".".join((*path.parent.relative_to(folder).parts, name)), entry)
        for path in paths
        for name, entry in read_header(path).tensors.items()
    )
