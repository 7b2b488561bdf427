"""Whether a result's figures follow from its outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from erasebench.errors import ResultError
from erasebench.protocol import Protocol
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.figures import figures_of

TOLERANCE = 1e-9
"""Shares may differ by so much: sums of the same numbers round differently between processors."""

_NAMES = ("erased", "probe")
"""Fields that name the parts of a list, so that a message can say which is missing."""


def check_figures(path: Path, result: Result, protocol: Protocol) -> None:
    """Counts a result's outcomes again, and compares with the figures that it states.

    Takes about a tenth of a second for a full evaluation of one concept.

    Args:
        path: the file it was read from.
        result: its content.
        protocol: which it was made under.

    Raises:
        ResultError: if it was scored against other references, if the figures are not those of
            its outcomes, or nothing can be counted.
    """
    difference = next(differing_figures(path, result, protocol), None)
    if difference is not None:
        raise ResultError(
            path,
            f"{difference}. The file was edited or made by another version: make it again with "
            "the same evaluate command.",
        )


def differing_figures(path: Path, result: Result, protocol: Protocol) -> Iterator[str]:
    """Every figure of a result that does not follow from its outcomes, in words.

    Arguments as of `check_figures`.

    Raises:
        ResultError: if it was scored against other references, or nothing can be counted.
    """
    references = references_of(protocol, result.seed_set)
    if result.references != references.digests:
        raise ResultError(
            path,
            f"It was scored against other references of {protocol.name} than this version holds. "
            "Evaluate the checkpoint again with this version, into a new folder.",
        )
    try:
        counted = figures_of(
            result.outcomes,
            result.base_outcomes,
            protocol=protocol,
            references=references,
            probes=result.probes,
            edited=result.edited,
            failed_probes=result.failed_probes,
        )
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
    """The places at which two contents of JSON differ, in words."""
    if isinstance(stated, dict) and isinstance(counted, dict) and stated.keys() == counted.keys():
        for key in stated:
            yield from differences(f"{place}.{key}", stated[key], counted[key])
    elif isinstance(stated, list | tuple) and isinstance(counted, list | tuple):
        if len(stated) != len(counted):
            yield f"{place} is {_told(stated)}, and not what its outcomes give: {_told(counted)}"
            return
        for number, (one, other) in enumerate(zip(stated, counted, strict=True)):
            yield from differences(f"{place}.{number}", one, other)
    elif isinstance(stated, float) and isinstance(counted, float):
        if not math.isclose(stated, counted, rel_tol=0, abs_tol=TOLERANCE):
            yield f"{place} is {stated:.6g}, its outcomes give {counted:.6g}"
    elif stated != counted:
        yield f"{place} is {_short(stated)}, and not what its outcomes give: {_short(counted)}"


def _told(parts: Sequence[object]) -> str:
    """The parts of a list by name, where they have one."""
    return ", ".join(map(_short, parts)) or "empty"


def _short(part: object) -> str:
    """A value, the name of an object that has one, or that there is one."""
    if isinstance(part, dict):
        return next((str(part[key]) for key in _NAMES if key in part), "an object")
    return str(part)
