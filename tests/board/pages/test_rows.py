"""The rows of a table."""

from __future__ import annotations

from erasebench.board.pages.rows import base_row, floor_row, row_of
from erasebench.results.facts import ProbeFacts
from erasebench.results.result import Result
from tests.board.conftest import LIMIT
from tests.board.example_run import made_entry


def test_row_carries_the_result_s_own_scores(scored: Result, bare: Result) -> None:
    """Or the reason why there is no verdict."""
    row = row_of(made_entry(scored), scored.cells[0], columns(scored))
    without = row_of(made_entry(bare), bare.cells[0], columns(bare))

    assert row.score == scored.cells[0].score
    assert row.scored is True
    assert without.scored is False
    assert "no model trained without the concept" in without.sentence


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


def test_base_row_says_why_a_column_has_no_rate(scored: Result) -> None:
    """No encoder was edited, so nothing could be swapped back, on the base as elsewhere."""
    base = base_row(scored.cells, "object", columns(scored))
    lacking = {
        column.name: mark.word
        for column, mark in zip(columns(scored), base.footnotes, strict=True)
        if mark is not None
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
