"""Reads the header of a safetensors file: its tensors, their positions, and metadata.

The file is 8 bytes of header length (little-endian), a JSON object of that length, and the tensors
one after another: `{"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, …}`, with
text under `__metadata__`. The usual library uses the last of two equal keys; here ambiguous files
are rejected.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from erasebench.errors import CheckpointError, PickleRefusedError, quoted

_DTYPES = {
    8: ("F64", "I64", "U64"),
    4: ("F32", "I32", "U32"),
    2: ("F16", "BF16", "I16", "U16"),
    1: ("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"),
}

DTYPE_BYTES = {dtype: size for size, dtypes in _DTYPES.items() for dtype in dtypes}
"""Bytes per value of each allowed dtype."""

FLOATS = ("F64", "F32", "F16", "BF16")
"""Dtypes of weights: plain floating-point numbers."""

TENSORS = ".safetensors"
"""Ending of safetensors files."""

LENGTH_BYTES = 8
"""Bytes of the header's length."""

LONGEST_HEADER = 4 * 1024 * 1024
"""Maximum bytes of a header; the largest UNet in use has 0.5 MB, and parsing takes about forty
times the size in memory."""

_LONGEST_NAME = 512
"""Maximum characters of a tensor's name; usual are about one hundred."""

_MOST = 2**63
"""Bound of every number in a header."""

_MOST_DIMENSIONS = 8
"""Maximum dimensions of a tensor; weights have at most four."""

PICKLE_SUFFIXES = (".bin", ".ckpt", ".pkl", ".pt", ".pth")
"""Endings of weights that are pickles."""

_ZIP_MAGIC = b"PK\x03\x04"
_PICKLE_MAGIC = tuple(bytes((0x80, version)) for version in range(2, 6))


@dataclass(frozen=True)
class TensorEntry:
    """One tensor in a file, and the position of its bytes.

    Attributes:
        path: the file.
        dtype: a key of `DTYPE_BYTES`.
        shape: sizes of its dimensions.
        begin, end: byte range from the start of the file, end exclusive.
    """

    path: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """The checked header of a safetensors file.

    Attributes:
        path: the file.
        tensors: name in the file → entry.
        metadata: free text.
    """

    path: Path
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]


class BrokenError(ValueError):
    """A fault of a header."""


def read_header(path: Path) -> Header:
    """Reads and checks a file's header; no tensor is read.

    Raises:
        PickleRefusedError: if it is a pickle by content or by name.
        CheckpointError: if it is not a complete, unambiguous safetensors file, or cannot be read.
    """
    with readable(path):
        # Opening a pipe would block.
        if not path.is_file():
            raise CheckpointError(path, "Not a file. Give a safetensors file.")
        with path.open("rb") as file:
            head = file.read(LENGTH_BYTES + 1)
            if path.suffix in PICKLE_SUFFIXES or _is_pickle(head):
                raise PickleRefusedError(path)
            try:
                return _read(path, file, head)
            except BrokenError as error:
                raise CheckpointError(
                    path,
                    f"Not a complete safetensors file: {error}. Download it again or save it anew.",
                ) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Converts the system's errors of reading a file into ours.

    Raises:
        CheckpointError: if it cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            path, f"Cannot be read: {error.strerror}. Check the file and its permissions."
        ) from error


def _read(path: Path, file: BinaryIO, head: bytes) -> Header:
    """Reads the header of a file; `head` is its length and the next byte."""
    size = path.stat().st_size
    if len(head) <= LENGTH_BYTES or not head.endswith(b"{"):
        raise BrokenError("it does not start with a header")
    length = int.from_bytes(head[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    if start > size:
        raise BrokenError(f"its header should end at byte {start}, but the file ends at {size}")
    if length > LONGEST_HEADER:
        raise BrokenError(f"its header has {length} bytes; the limit is {LONGEST_HEADER}")
    file.seek(LENGTH_BYTES)
    content = _parse(file.read(length))
    metadata = _metadata(content.pop("__metadata__", {}))
    tensors = {name: _entry(path, name, found, start) for name, found in content.items()}
    _check_packed(tensors, start, size)
    return Header(path, tensors, metadata)


def _is_pickle(head: bytes) -> bool:
    """Whether a file starts like a pickle; a header's length may look the same."""
    return head[LENGTH_BYTES:] != b"{" and (
        head.startswith(_ZIP_MAGIC) or head.startswith(_PICKLE_MAGIC)
    )


def _parse(text: bytes) -> dict[str, object]:
    try:
        content = json.loads(text.decode(), object_pairs_hook=unique_names)
    except BrokenError:
        raise
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"its header is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise BrokenError("its header is not a JSON object")
    return content


def unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object with unique names: `object_pairs_hook` of `json.loads`.

    Raises:
        BrokenError: if a name is repeated.
    """
    counts = Counter(name for name, _ in pairs)
    if len(counts) < len(pairs):
        raise BrokenError(f"it has {quoted(counts.most_common(1)[0][0])} twice")
    return dict(pairs)


def _metadata(found: object) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise BrokenError("its metadata is not text")
    return found


def _entry(path: Path, name: str, found: object, start: int) -> TensorEntry:
    if len(name) > _LONGEST_NAME:
        raise BrokenError(
            f"the name {quoted(name)} has {len(name)} characters; the limit is {_LONGEST_NAME}"
        )
    match found:
        case {
            "dtype": str(dtype),
            "shape": list(shape),
            "data_offsets": [begin, end],
            **others,
        } if (
            not others
            and dtype in DTYPE_BYTES
            and len(shape) <= _MOST_DIMENSIONS
            and all(_is_count(number) for number in (*shape, begin, end))
        ):
            pass
        case _:
            raise BrokenError(
                f"the entry of {quoted(name)} must have a dtype ({', '.join(DTYPE_BYTES)}), a "
                "shape and two data_offsets"
            )
    if not name.isprintable():
        raise BrokenError(f"the name {quoted(name)} is not printable")
    if end - begin != prod(shape) * DTYPE_BYTES[dtype]:
        raise BrokenError(f"{quoted(name)} has {end - begin} bytes, which does not fit its shape")
    return TensorEntry(path, dtype, tuple(shape), start + begin, start + end)


def _is_count(found: object) -> bool:
    # JSON's true is an int to Python.
    return type(found) is int and 0 <= found < _MOST


def _check_packed(tensors: Mapping[str, TensorEntry], start: int, size: int) -> None:
    """Rejects gaps, which could hide data, and overlapping tensors."""
    position = start
    for name, entry in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != position:
            raise BrokenError(f"{quoted(name)} starts at byte {entry.begin}, not at {position}")
        position = entry.end
    if position != size:
        raise BrokenError(f"its tensors end at byte {position}, the file at {size}")
