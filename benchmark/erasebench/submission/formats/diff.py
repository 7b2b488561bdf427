"""Reads the edits in a diff, by its kind and the names of its tensors. No torch.

A tensor with a canonical name replaces the base's, or is added to it in a diff of kind `delta`. Two
kinds may give a change as two tensors, with an ending after the canonical name:

- `low_rank`: `.up` and `.down`, whose product is added;
- `sparse`: `.indices` and `.values`, which replace the base's values. The tensor then has the dtype
  of `.values`: a single BF16 value rounds a whole float16 tensor of the base to BF16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.card import DiffHeader
from erasebench.submission.edit import Added, Edit, LowRank, Sparse, Whole, check_factors
from erasebench.submission.header import Header, TensorEntry

MadeKind = Literal["replace", "sparse", "low_rank"]
"""Kinds that `diff make` writes; the first two are exact."""

FACTORS: Final = (".up", ".down")
PLACES: Final = (".indices", ".values")

INDEX_DTYPES = ("I32", "I64")
"""Allowed dtypes of indices."""

_AGAIN = "Make the diff again with `erasebench diff make`."


def diff_edits(header: Header, diff: DiffHeader) -> dict[str, Edit]:
    """The edits of a diff, by canonical name.

    Args:
        header: of the file.
        diff: its metadata; not of a prompt filter.

    Raises:
        CheckpointError: if half of a pair is missing, the halves do not fit, or a tensor is given
            in two ways.
    """
    match diff.kind:
        case "low_rank":
            return _paired(header, FACTORS, _low_rank)
        case "sparse":
            return _paired(header, PLACES, _sparse)
        case "delta":
            return {name: Added(entry) for name, entry in header.tensors.items()}
        case _:
            return {name: Whole(entry) for name, entry in header.tensors.items()}


def _paired(
    header: Header,
    endings: tuple[str, str],
    meaning: Callable[[Path, str, TensorEntry, TensorEntry], Edit],
) -> dict[str, Edit]:
    tensors = header.tensors
    edits: dict[str, Edit] = {}
    for name in sorted(tensors):
        ending = next((ending for ending in endings if name.endswith(ending)), None)
        if ending is None:
            edit: Edit = Whole(tensors[name])
            canonical = name
        else:
            canonical = name.removesuffix(ending)
            edit = meaning(
                header.path, canonical, *_halves(header.path, tensors, canonical, endings)
            )
        if canonical in edits and edits[canonical] != edit:
            raise CheckpointError(
                header.path,
                f"{quoted(canonical)} is given twice, complete and in two parts. {_AGAIN}",
            )
        edits[canonical] = edit
    return edits


def _halves(
    path: Path, tensors: Mapping[str, TensorEntry], canonical: str, endings: tuple[str, str]
) -> tuple[TensorEntry, TensorEntry]:
    first, second = (tensors.get(canonical + ending) for ending in endings)
    if first is None or second is None:
        there, missing = endings if second is None else reversed(endings)
        raise CheckpointError(path, f"{quoted(canonical + there)} has no {missing}. {_AGAIN}")
    return first, second


def _low_rank(path: Path, canonical: str, up: TensorEntry, down: TensorEntry) -> LowRank:
    check_factors(path, canonical, up, down)
    return LowRank(up, down)


def _sparse(path: Path, canonical: str, indices: TensorEntry, values: TensorEntry) -> Sparse:
    if (
        indices.dtype not in INDEX_DTYPES
        or len(indices.shape) != 1
        or indices.shape != values.shape
    ):
        raise CheckpointError(
            path,
            f"{quoted(canonical)} has indices {indices.dtype} {quoted(list(indices.shape))} and "
            f"values {quoted(list(values.shape))}. Both must be vectors of equal length, with "
            f"indices {' or '.join(INDEX_DTYPES)}. {_AGAIN}",
        )
    return Sparse(indices, values)
