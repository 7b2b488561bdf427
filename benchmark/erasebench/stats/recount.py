"""Recounts a result: checks that its estimates follow from its outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from erasebench.errors import ResultError
from erasebench.protocol import Protocol
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.row_data import row_data_of_result
from erasebench.stats.summary import summarise

TOLERANCE = 1e-9
"""Allowed difference of shares: sums of the same numbers round differently by processor."""

_NAMES = ("erased", "probe")
"""Fields that name the items of a list in messages."""


def check_figures(path: Path, result: Result, protocol: Protocol) -> None:
    """Recomputes a result's estimates from its outcomes, and compares with those that it states.

    Args:
        path: the file it was read from.
        result: its content.
        protocol: which it was made under.

    Raises:
        ResultError: if it was scored against other references, if an estimate is not that of its
            outcomes, or if they cannot be counted.
    """
    difference = next(differing_figures(path, result, protocol), None)
    if difference is not None:
        raise ResultError(
            path,
            f"{difference}. The file was edited or made by another version: make it again with "
            "the same evaluate command.",
        )


def differing_figures(path: Path, result: Result, protocol: Protocol) -> Iterator[str]:
    """Every estimate of a result that does not follow from its outcomes, as a sentence.

    Arguments as for `check_figures`.

    Raises:
        ResultError: if it was scored against other references, or if it cannot be counted.
    """
    references = references_of(protocol, result.seed_set)
    if result.references != references.digests:
        raise ResultError(
            path,
            f"It was scored against other references of {protocol.name} than this version holds. "
            "Evaluate the checkpoint again with this version, into a new folder.",
        )
    try:
        counted = summarise(row_data_of_result(result, protocol, references))
    except (KeyError, ValueError) as error:
        raise ResultError(
            path,
            f"Its outcomes cannot be counted ({error.args[0]}): some are double or missing. "
            "Make it again with the same evaluate command.",
        ) from error
    # A trace follows from no outcome.
    yield from differences(
        "cells",
        [cell.model_dump(exclude={"trace"}) for cell in result.cells],
        [cell.model_dump(exclude={"trace"}) for cell in counted.cells],
    )
    yield from differences(
        "score",
        None if result.score is None else result.score.model_dump(),
        None if counted.score is None else counted.score.model_dump(),
    )


def differences(place: str, stated: object, counted: object) -> Iterator[str]:
    """The places at which two JSON contents differ, as sentences."""
    if stated == counted:
        return
    if isinstance(stated, dict) and isinstance(counted, dict) and stated.keys() == counted.keys():
        for key in stated:
            yield from differences(f"{place}.{key}", stated[key], counted[key])
    elif (
        isinstance(stated, list | tuple)
        and isinstance(counted, list | tuple)
        and len(stated) == len(counted)
    ):
        for number, (one, other) in enumerate(zip(stated, counted, strict=True)):
            yield from differences(f"{place}.{number}", one, other)
    elif isinstance(stated, float) and isinstance(counted, float):
        if not math.isclose(stated, counted, rel_tol=0, abs_tol=TOLERANCE):
            yield f"{place} is {stated:.6g}, its outcomes give {counted:.6g}"
    else:
        yield f"{place} is {_short(stated)}, and not what its outcomes give: {_short(counted)}"


def _short(part: object) -> str:
    """A value; for an object its name, if it has one; for a list its items."""
    if isinstance(part, dict):
        return next((str(part[key]) for key in _NAMES if key in part), "an object")
    if isinstance(part, list | tuple):
        return ", ".join(map(_short, part)) or "empty"
    return str(part)
