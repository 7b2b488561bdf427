"""The board's rows as lines."""

from __future__ import annotations

import csv
import io

from erasebench.board.flat_table import csv_of, lines_of
from erasebench.results.declaration import Declaration
from erasebench.results.result import Result
from tests.board.conftest import CONCEPTS
from tests.board.example_run import Example, example_result, made_entry


def test_a_line_says_what_the_row_s_score_says(scored: Result) -> None:
    """Over all its ranked concepts together, with every probe that ranks."""
    (line,) = lines_of([made_entry(scored)])
    score = scored.score
    assert score is not None
    assert score.robustness is not None
    assert score.verdict is not None

    assert (line.name, line.concepts) == (scored.name, score.concepts)
    assert line.robustness == score.robustness.value
    assert line.score == score.score
    assert (line.verdict, line.no_verdict) == (score.verdict.word, "")
    assert line.rates == {one.probe: one.rate for one in score.probes if one.probe in line.rates}
    assert [*line.rates] == [facts.name for facts in scored.probes if facts.ranked]
    assert line.marks == ("partial", "2 of 5 concepts")


def test_a_declared_method_is_a_field_of_its_own(scored: Result) -> None:
    """What the checkpoints say is never mixed with what the submitter does."""
    declared = Declaration(name="a", method="ESD-x", licence="MIT")
    (line,) = lines_of([made_entry(scored.model_copy(update={"declared": declared}))])
    (row,) = csv.DictReader(io.StringIO(csv_of([line])))

    assert (row["method"], row["declared_method"]) == (scored.method, "ESD-x")


def test_a_concept_alone_has_its_own_scores(scored: Result) -> None:
    """A submission that did not erase it has no line."""
    other = made_entry(example_result(Example(name="b"), limit=1, probes=("standard_prompt",)))
    lines = lines_of([made_entry(scored), other], CONCEPTS[1])
    cell = next(cell for cell in scored.cells if cell.erased == CONCEPTS[1])
    assert cell.score is not None

    assert [(line.name, line.score) for line in lines] == [(scored.name, cell.score.score)]


def test_rows_that_rank_come_first_then_the_highest_score(scored: Result) -> None:
    """A partial row's score is over less; a row without one comes after those that have one."""
    assert scored.score is not None
    better = scored.score.model_copy(
        update={
            "concepts": made_entry(scored).protocol.ranked,
            "score": scored.score.score.model_copy(update={"value": 1.0, "high": 1.0})
            if scored.score.score
            else None,
        }
    )
    cells = tuple(cell.model_copy(update={"complete": True}) for cell in scored.cells)
    whole = {"partial": None, "cells": cells}
    full = scored.score.model_copy(update={"concepts": better.concepts})
    rows = {
        "partial": scored.model_copy(update={"score": better}),
        "worse": scored.model_copy(update={**whole, "score": full}),
        "better": scored.model_copy(update={**whole, "score": better}),
        "scoreless": scored.model_copy(
            update={**whole, "score": full.model_copy(update={"score": None})}
        ),
    }
    entries = [made_entry(row.model_copy(update={"name": name})) for name, row in rows.items()]

    assert [line.name for line in lines_of(entries)] == ["better", "worse", "scoreless", "partial"]


def test_csv_holds_every_estimate_with_its_interval(scored: Result, bare: Result) -> None:
    """What is missing is empty, never nought."""
    lines = lines_of([made_entry(scored), made_entry(bare)])
    rows = list(csv.DictReader(io.StringIO(csv_of(lines))))
    by_name = {row["name"]: row for row in rows}
    row, other = by_name[scored.name], by_name[bare.name]
    first = lines[0] if lines[0].name == scored.name else lines[1]
    assert first.robustness is not None

    assert float(row["robustness_low"]) == first.robustness.low
    assert int(row["robustness_n"]) == first.robustness.n
    assert float(row["noise"]) == first.rates["noise"].value  # type: ignore[union-attr]
    assert (other["robustness"], other["robustness_n"], other["verdict"]) == ("", "", "")
    assert other["no_verdict"].startswith("No verdict: noise failed the check")
