"""Digests of tensors: equal for equal names, dtypes, shapes and bytes, however they are saved.

Files are not hashed, since the order of metadata differs between saves of the same tensors.
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
"""Ending of weights that were published without safetensors."""


@dataclass(frozen=True)
class TensorDigest:
    """Digest of one tensor.

    Attributes:
        name: its name in the digest.
        dtype: in safetensors notation, e.g. `F16`.
        shape: sizes of its dimensions.
        content: SHA-256 of its bytes, little-endian and row-major, hex.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    content: str


def combined(digests: Iterable[TensorDigest]) -> str:
    """SHA-256 over tensors, sorted by name, hex."""
    total = hashlib.sha256()
    for one in sorted(digests, key=lambda digest: digest.name):
        line = json.dumps([one.name, one.dtype, one.shape, one.content])
        total.update(f"{line}\n".encode())
    return total.hexdigest()


def digest_in_file(name: str, entry: TensorEntry) -> TensorDigest:
    """Digest of one tensor in a file, read in chunks."""
    content = hashlib.sha256()
    with entry.path.open("rb") as file:
        file.seek(entry.begin)
        left = entry.end - entry.begin
        while chunk := file.read(min(_CHUNK, left)):
            content.update(chunk)
            left -= len(chunk)
    return TensorDigest(name, entry.dtype, entry.shape, content.hexdigest())


def files_digest(folder: Path) -> str:
    """SHA-256 over all files of a model's folder except tensors, hex: configs and tokenizers.

    Paths and bytes count: with the same tensors, a different schedule or label changes images and
    predictions.
    """
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".safetensors":
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{json.dumps([path.relative_to(folder).as_posix(), content])}\n".encode())
    return total.hexdigest()


def model_digest(folder: Path) -> str:
    """Digest of all tensors in a model's folder.

    Names are those in the file, after the folder: `unet.conv_in.weight` in a pipeline,
    `classifier.weight` if the folder is the model itself. If the weights are only a pickle, which a
    protocol may pin, it is the SHA-256 of the file, which is checked before the file is read.

    Raises:
        CheckpointError: if a file is not safetensors.
        FileNotFoundError: if there are no weights.
    """
    paths = sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob(f"*{_PICKLE}"))
    if not paths:
        raise FileNotFoundError(f"{folder} has no safetensors file")
    states = ((path, path.stat()) for path in paths)
    return _digest_of_files(
        folder, tuple((path, state.st_size, state.st_mtime_ns) for path, state in states)
    )


@lru_cache(maxsize=32)
def _digest_of_files(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """The digest, cached while size and time of modification do not change."""
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
