"""The rows of a submission's table of probes."""

from __future__ import annotations

from erasebench.board.probe_rows import rows_of_cell, rows_of_score
from erasebench.results.result import Result
from tests.board.example_run import Example, example_floors, example_result


def test_cell_s_rows_are_the_probes_that_were_run_and_the_ranked_ones_that_were_not() -> None:
    """A ranked probe that was left out is a gap that a reader sees."""
    asked = ("standard_prompt", "stochastic")
    result = example_result(limit=2, probes=asked, floors=())
    rows = rows_of_cell(result.cells[0], result)
    ranked = {probe.name for probe in result.probes if probe.ranked}

    assert {row.facts.name for row in rows} == ranked | {*asked}
    assert {row.facts.name for row in rows if row.rate is not None} == {*asked}
    assert all(row.footnote is not None for row in rows if row.rate is None)


def test_excess_of_a_context_probe_is_over_the_floor(scored: Result, bare: Result) -> None:
    """Only scores know floors; without them it has no control."""
    (with_floor,), (without) = (
        [row for row in rows_of_cell(result.cells[0], result) if row.facts.name == PROBE]
        for result in (scored, bare)
    )

    assert with_floor.score is not None
    assert with_floor.excess == with_floor.score.excess == with_floor.score.above_floor
    assert with_floor.excess is not None
    assert [row.excess for row in without] == [None]


def test_concept_that_does_not_rank_has_its_excess_all_the_same() -> None:
    """Controls need no reference."""
    floors = example_floors(limit=2)
    painter = Example(concepts=("airliner",))
    result = example_result(painter, limit=2, probes=("noise", "resampling"), floors=floors)
    (noise,) = [row for row in rows_of_cell(result.cells[0], result) if row.facts.name == "noise"]

    assert noise.score is None
    assert noise.alone is not None
    assert noise.excess == noise.alone.excess
    assert noise.excess is not None


def test_pooled_rows_are_the_score_s(scored: Result) -> None:
    """In its order, with its rates and ceilings, and nothing of a single concept."""
    assert scored.score is not None
    rows = rows_of_score(scored.score, scored)

    assert [row.score for row in rows] == [*scored.score.probes]
    assert [row.rate for row in rows] == [one.rate for one in scored.score.probes]
    assert [row.base for row in rows] == [one.ceiling for one in scored.score.probes]
    assert [row.facts.name for row in rows] == [one.probe for one in scored.score.probes]
    assert {row.alone for row in rows} == {None}


PROBE = "inpainting_crop"
