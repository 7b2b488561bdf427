"""Rows of the board that change."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.board.add import Added, add_row
from erasebench.errors import RequestError, ResultError
from erasebench.results.file import load_result, write_result
from tests.board.example_run import Example, example_result

PROBES = ("standard_prompt", "retention")
EXAMPLE = Example(name="mine")


def put(
    folder: Path, example: Example, *, probes: tuple[str, ...] = PROBES, limit: int = 4
) -> Path:
    """A result's file."""
    path = folder / "result.json"
    write_result(path, example_result(example, limit=limit, probes=probes))
    return path


def added(folder: Path, path: Path, **options: str) -> Added:
    """The row on the leaderboard of a test."""
    return add_row([path], folder / "board", partial=True, **options)  # type: ignore[arg-type]


@pytest.fixture
def row(tmp_path: Path) -> Path:
    """A row that is there already."""
    return added(tmp_path, put(tmp_path, EXAMPLE)).path


def test_a_row_that_is_as_it_was_needs_no_reason(row: Path, tmp_path: Path) -> None:
    """Adding it again changes no byte."""
    before = row.read_bytes()
    again = added(tmp_path, put(tmp_path, EXAMPLE))

    assert again.change is None
    assert row.read_bytes() == before


def test_a_row_changes_with_a_reason_only(row: Path, tmp_path: Path) -> None:
    """Refused, it says what would move; taken, its file keeps why, and how far it moved."""
    before = row.read_bytes()
    other = put(tmp_path, replace(EXAMPLE, kept=0.4))
    with pytest.raises(RequestError, match=r"would change: robustness .* retention -\d"):
        added(tmp_path, other)
    with pytest.raises(RequestError, match="Give the reason with --reason"):
        added(tmp_path, other, reason="  ")
    assert row.read_bytes() == before

    change = added(tmp_path, other, reason="a mended\nloader ").change
    (kept,) = load_result(row).changes

    assert change == kept
    assert kept.reason == "a mended\nloader"
    assert kept.replaced == hashlib.sha256(before).hexdigest()
    assert kept.concepts == ("church",)
    assert kept.robustness is None
    assert kept.retention is not None
    assert kept.retention.value < 0


def test_changes_add_up(row: Path, tmp_path: Path) -> None:
    """The oldest first."""
    for kept, reason in ((0.4, "first"), (0.6, "second")):
        added(tmp_path, put(tmp_path, replace(EXAMPLE, kept=kept)), reason=reason)

    assert [change.reason for change in load_result(row).changes] == ["first", "second"]


def test_no_probe_may_disappear(row: Path, tmp_path: Path) -> None:
    """Nor a prompt, whatever the reason; more of either may come."""
    before = row.read_bytes()
    for fewer in ({"probes": ("standard_prompt",)}, {"limit": 2}):
        path = put(tmp_path, EXAMPLE, **fewer)  # type: ignore[arg-type]
        with pytest.raises(RequestError, match=r"lacks: .* for church.*Run the full evaluation"):
            added(tmp_path, path, reason="cheaper")
    assert row.read_bytes() == before

    more = put(tmp_path, EXAMPLE, probes=(*PROBES, "resampling"))
    assert added(tmp_path, more, reason="one probe more").change is not None


def test_the_place_of_another_row_is_not_taken(row: Path, tmp_path: Path) -> None:
    """Two names may lead to one place."""
    write_result(row, load_result(row).model_copy(update={"name": "mi/ne"}))
    moved = row.rename(row.with_name("mi-ne.json"))

    with pytest.raises(ResultError, match="It is the row of 'mi/ne'"):
        added(tmp_path, put(tmp_path, EXAMPLE), name="mi-ne")
    assert load_result(moved).name == "mi/ne"


def test_a_row_may_gain_a_concept(row: Path, tmp_path: Path) -> None:
    """Its own file is then one of the results, and what both rows have is compared."""
    other = put(tmp_path, replace(EXAMPLE, name="mine_golf_ball", concepts=("golf_ball",)))
    change = add_row(
        [row, other], tmp_path / "board", name="mine", partial=True, reason="one concept more"
    ).change
    kept = load_result(row)

    assert {cell.erased for cell in kept.cells} == {"church", "golf_ball"}
    assert len(kept.checkpoints) == 2
    assert kept.changes == (change,)
    assert kept.changes[0].concepts == ("church",)
    assert kept.changes[0].retention is not None
    assert kept.changes[0].retention.value == 0
