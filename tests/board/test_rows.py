"""The rows of the board."""

from __future__ import annotations

from erasebench.board.rows import Row, facts_of_row, json_of, rows_of
from erasebench.results.result import Declaration, Result
from tests.board.conftest import CONCEPTS
from tests.board.example_run import Example, example_result, made_entry


def test_a_row_has_the_scores_of_its_result(scored: Result) -> None:
    """Over all its ranked concepts together, with every ranked probe."""
    (row,) = rows_of([made_entry(scored)])
    score = scored.score
    assert score is not None
    assert score.robustness is not None

    assert (row.name, row.concepts) == (scored.name, score.concepts)
    assert score.retention is not None
    assert row.estimates == {
        "score": score.score,
        "robustness": score.robustness.value,
        "retention": score.retention.value,
    }
    assert row.verdict == score.verdict
    assert facts_of_row(row)["no_verdict"] == ""
    assert row.rates == {one.probe: one.rate for one in score.probes if one.probe in row.rates}
    assert [*row.rates] == [facts.name for facts in scored.probes if facts.ranked]
    assert row.marks == ("partial", "2 of 5 concepts")
    assert row.place is None


def test_a_declared_method_is_a_field_of_its_own(scored: Result) -> None:
    """The checkpoints' method and the submitter's are never mixed."""
    declared = Declaration(name="a", method="ESD-x", licence="MIT")
    (row,) = json_of(rows_of([made_entry(scored.model_copy(update={"declared": declared}))]))

    assert (row["method"], row["declared_method"]) == (scored.method, "ESD-x")


def test_a_concept_alone_has_its_own_scores(scored: Result) -> None:
    """A submission that did not erase it has no row."""
    other = made_entry(example_result(Example(name="b"), limit=1, probes=("standard_prompt",)))
    rows = rows_of([made_entry(scored), other], CONCEPTS[1])
    cell = next(cell for cell in scored.cells if cell.erased == CONCEPTS[1])
    assert cell.score is not None

    assert [(row.name, row.estimates["score"], row.place) for row in rows] == [
        (scored.name, cell.score.score, None)
    ]


def test_json_has_every_estimate_with_its_interval(scored: Result, bare: Result) -> None:
    """A missing value is null, never 0, and the reason is given."""
    by_name = {row["name"]: row for row in json_of(rows_of([made_entry(scored), made_entry(bare)]))}
    row, other = by_name[scored.name], by_name[bare.name]
    assert scored.score is not None
    assert scored.score.score is not None
    assert scored.score.verdict is not None

    assert row["score"] == scored.score.score.model_dump()
    assert row["verdict"] == scored.score.verdict.word
    assert (other["robustness"], other["verdict"]) == (None, None)
    assert str(other["no_verdict"]).startswith("No verdict: noise failed the self-check")


def test_row_carries_the_result_s_own_scores(scored: Result, bare: Result) -> None:
    """Or the reason why there is no verdict."""
    row = Row(made_entry(scored), scored.cells[0].erased)
    without = Row(made_entry(bare), bare.cells[0].erased)

    assert row.scores == scored.cells[0].score
    assert row.scored is True
    assert without.scored is False
    assert "no model trained without the concept" in without.sentence
