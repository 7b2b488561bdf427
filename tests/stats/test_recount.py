"""Figures that follow from outcomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.errors import ResultError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.outcome import Outcome
from erasebench.results.result import Result
from erasebench.stats.recount import TOLERANCE, check_figures
from tests.board.example_run import example_result

PATH = Path("result.json")


@pytest.fixture(scope="module")
def result() -> Result:
    """A small result."""
    return example_result(limit=4, probes=("standard_prompt", "resampling", "noise"))


def test_own_figures_pass(result: Result) -> None:
    """What an evaluation writes is what its outcomes give."""
    check_figures(PATH, result, PICTOGRAM_V1)


@pytest.mark.parametrize(("by", "passes"), [(TOLERANCE / 10, True), (1e-6, False)])
def test_rounding_passes_and_editing_does_not(result: Result, by: float, *, passes: bool) -> None:
    """Processors round sums differently in the last digits; nobody edits those."""
    (cell,) = result.cells
    first, *others = cell.probes
    rate = first.rate.model_copy(update={"high": first.rate.high + by})
    probes = (first.model_copy(update={"rate": rate}), *others)
    edited = result.model_copy(update={"cells": (cell.model_copy(update={"probes": probes}),)})

    if passes:
        check_figures(PATH, edited, PICTOGRAM_V1)
    else:
        with pytest.raises(ResultError, match=r"cells\.0\.probes\.0\.rate\.high is .* edited"):
            check_figures(PATH, edited, PICTOGRAM_V1)


def test_outcome_edited_alone_is_found(result: Result) -> None:
    """Hits turned to misses, and misses to hits, give a rate that is not the stated one."""
    number = next(i for i, one in enumerate(result.outcomes) if one.probe == "resampling")
    outcomes = list(result.outcomes)
    hits = outcomes[number].draws - outcomes[number].judge_hits
    outcomes[number] = outcomes[number].model_copy(update={"judge_hits": hits})

    with pytest.raises(ResultError, match="edited or made by another version"):
        check_figures(PATH, _with(result, outcomes), PICTOGRAM_V1)


def test_cell_more_is_found(result: Result) -> None:
    """A cell that nothing was drawn for has no place."""
    edited = result.model_copy(update={"cells": result.cells * 2})

    with pytest.raises(
        ResultError, match="cells is church, church, and not what its outcomes give: church"
    ):
        check_figures(PATH, edited, PICTOGRAM_V1)


def test_outcomes_that_cannot_be_counted_are_said(result: Result) -> None:
    """Double ones, ones that the base lacks, and settings that the probe does not have."""
    double = _with(result, [*result.outcomes, result.outcomes[0]])
    unmatched = result.model_copy(update={"base_outcomes": ()})
    strange = result.outcomes[-1].model_copy(update={"setting": "eta=9"})
    for broken in (double, unmatched, _with(result, [*result.outcomes, strange])):
        with pytest.raises(ResultError, match="outcomes cannot be counted"):
            check_figures(PATH, broken, PICTOGRAM_V1)


def _with(result: Result, outcomes: list[Outcome]) -> Result:
    return result.model_copy(update={"outcomes": tuple(outcomes)})
