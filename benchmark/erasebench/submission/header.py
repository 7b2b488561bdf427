"""The head of a safetensors file: which tensors it holds, where, and its metadata.

The file is 8 bytes of header length (little-endian), a JSON object of that length, and the tensors
one after another: `{"name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, …}`, with
text under `__metadata__`. The usual library takes the last of two equal keys; here a file that
could be read in two ways is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

from erasebench.errors import CheckpointError, PickleRefusedError, quoted

DTYPE_BYTES: dict[str, int] = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U64": 8,
    "U32": 4,
    "U16": 2,
    "U8": 1,
    "BOOL": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
}
"""Bytes of one value of each dtype that a header may name."""

FLOATS = ("F64", "F32", "F16", "BF16")
"""Those that weights may have: plain floating-point numbers."""

TENSORS = ".safetensors"
"""How files of tensors end."""

LENGTH_BYTES = 8
"""Bytes in which a file says how long its header is."""

LONGEST_HEADER = 4 * 1024 * 1024
"""Bytes of a header; that of the largest UNet in use has half a megabyte, and parsed it takes some
forty times its bytes."""

_LONGEST_NAME = 512
"""Letters of a tensor's name; those in use have about one hundred."""

_MOST = 2**63
"""Bound of every number in a header; no file is as long."""

_MOST_DIMENSIONS = 8
"""Dimensions of a tensor; weights have four at most, and the product of a million is slow."""

PICKLE_SUFFIXES = (".bin", ".ckpt", ".pkl", ".pt", ".pth")
"""How files of weights end that are pickles."""

_ZIP_MAGIC = b"PK\x03\x04"
_PICKLE_MAGIC = tuple(bytes((0x80, version)) for version in range(2, 6))


@dataclass(frozen=True)
class TensorEntry:
    """One tensor in a file, and where its bytes lie.

    Attributes:
        path: the file.
        dtype: a key of `DTYPE_BYTES`.
        shape: sizes of its dimensions.
        begin, end: its bytes in the file, half-open, counted from the file's start.
    """

    path: Path
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """What a safetensors file says of itself, checked.

    Attributes:
        path: the file.
        tensors: name in the file → entry.
        metadata: free text.
    """

    path: Path
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]


class BrokenError(ValueError):
    """What is wrong with a header, in words that follow the name of its file."""


def read_header(path: Path) -> Header:
    """Reads and checks a file's header; no tensor is read.

    Raises:
        PickleRefusedError: if it is a pickle, whatever its name, or bears a pickle's name.
        CheckpointError: if it is anything else than one whole, unambiguous safetensors file, or
            cannot be read.
    """
    try:
        # Opening a pipe would wait for who writes into it.
        if not path.is_file():
            raise CheckpointError(path, "This is no file. Name a safetensors file.")
        with path.open("rb") as file:
            head = file.read(LENGTH_BYTES + 1)
            if path.suffix in PICKLE_SUFFIXES or _is_pickle(head):
                raise PickleRefusedError(path)
            return _read(path, file, head)
    except OSError as error:
        raise CheckpointError(
            path, f"It cannot be read: {error.strerror}. Check the file and its permissions."
        ) from error
    except BrokenError as error:
        raise CheckpointError(
            path,
            f"This is not a whole safetensors file: {error}. Check that its download is "
            "complete, or save it again with safetensors.torch.save_file.",
        ) from error


def _read(path: Path, file: BinaryIO, head: bytes) -> Header:
    """Reads the header of a file, of which the length and one byte more were read."""
    size = path.stat().st_size
    if len(head) <= LENGTH_BYTES or not head.endswith(b"{"):
        raise BrokenError("it does not begin with a header")
    length = int.from_bytes(head[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    if start > size:
        raise BrokenError(f"its header should end at byte {start}, the file ends at {size}")
    if length > LONGEST_HEADER:
        raise BrokenError(f"its header has {length} bytes, and at most {LONGEST_HEADER} are read")
    file.seek(LENGTH_BYTES)
    content = _parse(file.read(length))
    metadata = _metadata(content.pop("__metadata__", {}))
    tensors = {name: _entry(path, name, found, start) for name, found in content.items()}
    _check_packed(tensors, start, size)
    return Header(path, tensors, metadata)


def _is_pickle(head: bytes) -> bool:
    """Whether a file begins as pickles do; a header's length may happen to begin so as well."""
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
    """An object of JSON, whose names must differ: `object_pairs_hook` of `json.loads`.

    Raises:
        BrokenError: if a name is there twice.
    """
    counts = Counter(name for name, _ in pairs)
    if len(counts) < len(pairs):
        raise BrokenError(f"it names {quoted(counts.most_common(1)[0][0])} twice")
    return dict(pairs)


def _metadata(found: object) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise BrokenError("its metadata is not text")
    return found


def _entry(path: Path, name: str, found: object, start: int) -> TensorEntry:
    if len(name) > _LONGEST_NAME:
        raise BrokenError(
            f"the name {quoted(name)} has {len(name)} letters, and may have {_LONGEST_NAME}"
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
                f"the entry of {quoted(name)} is not a dtype ({', '.join(DTYPE_BYTES)}), a shape "
                "and two data_offsets"
            )
    if not name.isprintable():
        raise BrokenError(f"the name {quoted(name)} cannot be printed")
    if end - begin != prod(shape) * DTYPE_BYTES[dtype]:
        raise BrokenError(f"{quoted(name)} has {end - begin} bytes, too many or few for its shape")
    return TensorEntry(path, dtype, tuple(shape), start + begin, start + end)


def _is_count(found: object) -> bool:
    # JSON's true is an int to Python.
    return type(found) is int and 0 <= found < _MOST


def _check_packed(tensors: Mapping[str, TensorEntry], start: int, size: int) -> None:
    """Refuses gaps, in which something could be hidden, and bytes that two tensors share."""
    position = start
    for name, entry in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != position:
            raise BrokenError(f"{quoted(name)} begins at byte {entry.begin}, not at {position}")
        position = entry.end
    if position != size:
        raise BrokenError(f"its tensors end at byte {position}, the file at {size}")
