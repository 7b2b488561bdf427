"""Order, marks and places of rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from erasebench.board.entries import Entry
from erasebench.board.pages.table import tables_of
from erasebench.board.ranking import Rank, places_of, rank_of
from erasebench.board.rows import rows_of
from erasebench.board.status import Status
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.outcome import Estimate
from erasebench.results.result import Result
from tests.board.example_run import Example, example_result, made_entry
from tests.seasons import NAME as SEASON
from tests.seasons import opened

RANKED = Rank(
    name="a",
    marks=(),
    withdrawn=False,
    after_reveal=False,
    complete=True,
    score=Estimate(value=0.8, low=0.7, high=0.9, n=24, method="by hand"),
    highest=Estimate(value=0.3, low=0.2, high=0.4, n=24, method="by hand"),
)


def test_the_rules_decide_in_their_order() -> None:
    """Each row is worse by one rule than the row before it, and better by every later one."""
    unscored = replace(RANKED, score=None, highest=estimate(0.1))
    best = replace(RANKED, score=estimate(1.0), highest=estimate(0.0), name="0")
    rows = [
        RANKED,
        replace(RANKED, name="b"),
        replace(best, score=estimate(0.2)),
        unscored,
        replace(unscored, highest=estimate(0.9), name="0"),
        replace(best, complete=False),
        replace(best, highest=None),
        replace(best, after_reveal=True),
        replace(best, withdrawn=True),
    ]

    shuffled = rows[::2] + rows[1::2]

    assert sorted(shuffled, key=lambda row: row.key) == rows


def test_only_rows_without_a_mark_have_a_place(scored: Result) -> None:
    """A place counts higher scores of ranked rows; equal scores share one."""
    (mark, *_) = rank_of(made_entry(scored)).marks
    rows = [
        replace(RANKED, score=estimate(0.9), marks=(mark,)),
        replace(RANKED, score=None),
        replace(RANKED, score=estimate(0.4)),
        RANKED,
        replace(RANKED, name="b"),
    ]

    assert places_of(rows) == (None, None, 3, 1, 1)


def test_terminal_and_site_have_the_same_order(scored: Result, bare: Result) -> None:
    """On one concept, whatever the order of the files."""
    partial = example_result(
        Example(name="a_part", concepts=("church",)), limit=2, probes=("standard_prompt",)
    )
    better = with_score(scored, 1.0).model_copy(update={"name": "z_best"})
    disputed = disputing(with_score(scored, 0.9)).model_copy(update={"name": "y_disputed"})
    entries = [made_entry(result) for result in (partial, bare, scored, disputed, better)]
    (table,) = tables_of(entries)
    site = {group.concept.name: [row.name for row in group.rows] for group in table.groups}
    terminal = {concept: [row.name for row in rows_of(entries, concept)] for concept in site}

    assert terminal == site
    assert site["church"][:2] == ["z_best", "y_disputed"]


def test_a_row_of_some_concepts_stands_below_complete_ones_and_says_so(scored: Result) -> None:
    """However high its score is; it has no place."""
    part = whole(with_score(scored, 1.0)).model_copy(update={"name": "part"})
    assert scored.score is not None
    full = whole(
        scored.model_copy(
            update={"score": scored.score.model_copy(update={"concepts": PICTOGRAM_V1.ranked})}
        )
    )
    first, second = rows_of([made_entry(part), made_entry(full)])

    assert (first.name, first.place, first.marks) == (scored.name, 1, ())
    assert (second.name, second.place, second.marks) == ("part", None, ("2 of 5 concepts",))
    assert second.rank.score is not None
    assert first.rank.score is not None
    assert second.rank.score.value > first.rank.score.value


def test_partial_and_preview_rows_are_marked() -> None:
    """With the reason."""
    partial = made_entry(example_result(limit=2))
    full = made_entry(example_result())
    early = replace(full, protocol=replace(PICTOGRAM_V1, preview=True))

    first, *_ = rank_of(partial, "church").marks
    assert first.word == "partial"
    assert first.meaning == "Partial evaluation, not ranked: limit 2."
    assert words(early) == ["preview"]
    assert words(full) == []


@pytest.mark.parametrize(
    ("protocol", "seed_set", "marked"),
    [
        ("sd14-v1", "public", True),
        ("sd14-v1", "2027-spring", False),
        ("pictogram-v1", "public", False),
    ],
)
def test_a_row_on_public_seeds_is_marked_where_a_season_is_wanted(
    protocol: str, seed_set: str, marked: bool
) -> None:
    """On the site, over all concepts, and at the head of the table."""
    result = example_result().model_copy(update={"protocol": protocol, "seed_set": seed_set})
    entry = made_entry(result)
    (table,) = tables_of([entry])
    (row,) = rows_of([entry])

    assert words(entry) == (["public seeds"] if marked else [])
    assert ("public seeds" in row.marks) == marked
    assert table.lacks_season == marked


@pytest.mark.parametrize(
    ("finished", "found"), [("2027-05-30", []), ("2027-06-02", ["revealed seeds"])]
)
def test_a_row_evaluated_after_the_reveal_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: str, found: list[str]
) -> None:
    """A model could be trained for its seeds by then; only withdrawn rows stand below it."""
    opened(tmp_path, "pictogram-v1", monkeypatch, hidden=False)
    result = example_result(limit=2)
    (checkpoint,) = result.checkpoints
    run = checkpoint.run.model_copy(update={"finished": f"{finished}T00:00:00+00:00"})
    late = checkpoint.model_copy(update={"run": run})
    entry = made_entry(
        result.model_copy(update={"seed_set": SEASON, "partial": None, "checkpoints": (late,)})
    )
    rank = rank_of(entry, entry.result.cells[0].erased)

    assert [word for word in words(entry) if word != "incomplete"] == found
    assert ("revealed seeds" in rows_of([entry])[0].marks) == bool(found)
    assert rank.after_reveal == bool(found)


def test_a_withdrawn_row_is_marked_with_its_reason() -> None:
    """And comes last."""
    gone = Status(name="esd_x_church", state="withdrawn", since=date(2026, 11, 1), reason="A bug.")
    entry = replace(made_entry(example_result()), status=gone)
    (mark,) = rank_of(entry, entry.result.cells[0].erased).marks

    assert (mark.word, mark.meaning) == (
        "withdrawn",
        "Withdrawn on 2026-11-01, not ranked: A bug.",
    )
    assert rank_of(entry).withdrawn


def words(entry: Entry) -> list[str]:
    """The marks of a row's first cell."""
    return [mark.word for mark in rank_of(entry, entry.result.cells[0].erased).marks]


def estimate(value: float) -> Estimate:
    """Of one prompt, without an interval."""
    return Estimate(value=value, low=value, high=value, n=1, method="any")


def with_score(result: Result, value: float) -> Result:
    """The result with another score, over all concepts and on each."""

    def changed(score: object) -> object:
        return score.model_copy(update={"score": estimate(value)})  # type: ignore[attr-defined]

    cells = tuple(cell.model_copy(update={"score": changed(cell.score)}) for cell in result.cells)
    return result.model_copy(update={"score": changed(result.score), "cells": cells})


def whole(result: Result) -> Result:
    """The result as a full evaluation of its concepts."""
    cells = tuple(cell.model_copy(update={"complete": True}) for cell in result.cells)
    return result.model_copy(update={"partial": None, "cells": cells})


def disputing(result: Result) -> Result:
    """The result with disputed verdicts."""

    def changed(score: object) -> object:
        verdict = score.verdict.model_copy(update={"disputed": True})  # type: ignore[attr-defined]
        return score.model_copy(update={"verdict": verdict})  # type: ignore[attr-defined]

    cells = tuple(cell.model_copy(update={"score": changed(cell.score)}) for cell in result.cells)
    return result.model_copy(update={"score": changed(result.score), "cells": cells})
