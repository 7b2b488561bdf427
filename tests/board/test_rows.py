"""The rows of a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erasebench.board.rows import Row, base_row, floor_row, place_of, row_of
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Result
from tests.board.conftest import LIMIT
from tests.board.example_run import made_entry


@pytest.fixture
def row(scored: Result) -> Row:
    """A row with a score."""
    return row_of(made_entry(scored), scored.cells[0], columns(scored))


def test_row_carries_the_result_s_own_scores(scored: Result, bare: Result) -> None:
    """And why there is no verdict, where there is none."""
    row = row_of(made_entry(scored), scored.cells[0], columns(scored))
    without = row_of(made_entry(bare), bare.cells[0], columns(bare))

    assert row.score == scored.cells[0].score
    assert (row.scored, row.no_verdict) == (True, "")
    assert without.scored is False
    assert "never knew" in without.no_verdict


def test_rows_are_sorted_whole_first_then_by_score_then_by_highest(row: Row) -> None:
    """What has a score goes before what has none, and what was never probed comes last."""
    assert row.score is not None
    high, low = (
        replace(row, name=name, whole=True, score=row.score.model_copy(update={"score": score}))
        for name, score in (("high", estimate(0.8)), ("low", estimate(0.2)))
    )
    unscored = replace(high, name="0.1", score=None, highest=estimate(0.1))
    found = replace(unscored, name="0.9", highest=estimate(0.9))
    partial = replace(high, name="partial", whole=False)
    unknown = replace(unscored, name="unknown", highest=None)
    rows = [unknown, partial, found, unscored, low, high]

    assert [one.name for one in sorted(rows, key=place_of)] == [
        "high",
        "low",
        "0.1",
        "0.9",
        "partial",
        "unknown",
    ]


def test_floor_row_holds_the_floors(scored: Result) -> None:
    """One per column that has one, at the most prompts that any result has."""
    fewer = scored.cells[0].model_copy(update={"score": shortened(scored)})
    cells = [fewer, scored.cells[0]]
    score = scored.cells[0].score
    assert score is not None
    floors = {one.probe: one.floor for one in score.probes}

    found = floor_row(cells, "object", columns(scored))

    assert found is not None
    assert found.rates == tuple(floors[column.name] for column in columns(scored))
    assert {rate.n for rate in found.rates if rate is not None} == {LIMIT}


def test_no_floors_make_no_row(bare: Result) -> None:
    """Rather than a row of gaps."""
    assert floor_row(bare.cells, "object", columns(bare)) is None


def test_end_s_row_says_why_a_column_has_no_rate(scored: Result) -> None:
    """No encoder was edited, so nothing could be swapped back, on the base as elsewhere."""
    base = base_row(scored.cells, "object", columns(scored))
    lacking = {
        column.name: sign.word
        for column, sign in zip(columns(scored), base.signs, strict=True)
        if sign is not None
    }

    assert lacking == {"encoder_swap": "n/a"}


def columns(result: Result) -> tuple[ProbeFacts, ...]:
    """The probes that rank."""
    return tuple(probe for probe in result.probes if probe.ranked)


def shortened(result: Result) -> object:
    """A score whose floors are of fewer prompts."""
    score = result.cells[0].score
    assert score is not None
    probes = tuple(
        one.model_copy(update={"floor": one.floor and one.floor.model_copy(update={"n": 2})})
        for one in score.probes
    )
    return score.model_copy(update={"probes": probes})


def estimate(value: float) -> Estimate:
    """Of one prompt, without doubt."""
    return Estimate(value=value, low=value, high=value, n=1, method="any")
