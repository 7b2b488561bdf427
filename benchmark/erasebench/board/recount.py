"""Whether a result's figures follow from its outcomes."""

from __future__ import annotations

import math
from pathlib import Path

from erasebench.errors import ResultError
from erasebench.protocol import Protocol
from erasebench.results.facts import not_applicable
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.ends import ends_of
from erasebench.stats.measured import LeftOut
from erasebench.stats.scored import score_outcomes
from erasebench.stats.summary import summarise

TOLERANCE = 1e-9
"""Shares may differ by so much: sums of the same numbers round differently between processors."""


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
    references = references_of(protocol, result.seed_set)
    if result.references != references.digests:
        raise ResultError(
            path,
            f"It was scored against other references of {protocol.name} than this version holds. "
            "Run the same evaluate command again: the pictures are kept, only figures are made.",
        )
    try:
        skipped = LeftOut(
            not_applicable(result.probes, result.identity.edited),
            frozenset(result.failed_probes or ()),
        )
        ends = ends_of(result.base_outcomes, references, protocol, result.probes)
        counted = summarise(result.outcomes, ends, protocol, result.probes, skipped)
        score = score_outcomes(result.outcomes, ends, protocol, result.probes, skipped)
    except (KeyError, ValueError) as error:
        raise ResultError(
            path,
            f"Its outcomes cannot be counted ({error.args[0]}): some are double or missing. "
            "Make it again with the same evaluate command.",
        ) from error
    # A trace follows from no outcome.
    stated = [cell.model_dump(exclude={"trace"}) for cell in result.cells]
    difference = _difference(
        "cells", stated, [cell.model_dump(exclude={"trace"}) for cell in counted]
    ) or _difference(
        "score",
        None if result.score is None else result.score.model_dump(),
        None if score is None else score.model_dump(),
    )
    if difference is not None:
        raise ResultError(
            path,
            f"{difference}. The file was edited or made by another version: make it again with "
            "the same evaluate command.",
        )


def _difference(place: str, stated: object, counted: object) -> str | None:
    """The first place at which two contents of JSON differ, in words; None where none does."""
    if isinstance(stated, dict) and isinstance(counted, dict) and stated.keys() == counted.keys():
        parts = [(f"{place}.{key}", stated[key], counted[key]) for key in stated]
    elif (
        isinstance(stated, list | tuple)
        and isinstance(counted, list | tuple)
        and len(stated) == len(counted)
    ):
        parts = [
            (f"{place}.{i}", *pair) for i, pair in enumerate(zip(stated, counted, strict=True))
        ]
    elif isinstance(stated, float) and isinstance(counted, float):
        same = math.isclose(stated, counted, rel_tol=0, abs_tol=TOLERANCE)
        return None if same else f"{place} is {stated:.6g}, its outcomes give {counted:.6g}"
    else:
        return None if stated == counted else f"{place} is not what its outcomes give"
    return next(filter(None, (_difference(*part) for part in parts)), None)
