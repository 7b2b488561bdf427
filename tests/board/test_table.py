"""The tables of the front page."""

from __future__ import annotations

from erasebench.board.entries import Entry
from erasebench.board.gallery import Gallery
from erasebench.board.table import marks_of, tables_of
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.result import Result
from erasebench.stats.resolution import smallest_difference
from tests.board.example_run import Example, example_result


def test_columns_are_the_ranked_probes() -> None:
    """Probes that are shown only stand on a submission's own page."""
    (table,) = tables_of([_entry(example_result(limit=2))])

    assert tuple(column.name for column in table.columns) == PICTOGRAM_V1.ranked_probes


def test_row_holds_the_result_s_own_estimates() -> None:
    """A table computes no rate of its own."""
    result = example_result(limit=2)
    (table,) = tables_of([_entry(result)])
    ((row,),) = [group.rows for group in table.concepts]
    (cell,) = result.cells
    by_name = {estimate.probe: estimate.rate for estimate in cell.probes}

    assert row.rates == tuple(by_name[name] for name in PICTOGRAM_V1.ranked_probes)
    assert row.highest == max(row.rates, key=lambda rate: rate.value)
    assert cell.retention is not None
    assert row.retention == cell.retention.value


def test_rows_of_a_concept_are_ordered_by_their_highest_rate() -> None:
    """The most robust first; a row with nothing to show last."""
    lost = Example(name="b_gone", recovered={}, otherwise=0.0)
    back = Example(name="a_back", recovered={}, otherwise=1.0)
    unknown = Example(name="0_unknown")
    (table,) = tables_of(
        [
            _entry(example_result(back, limit=2)),
            _entry(example_result(unknown, limit=2, probes=("resampling",))),
            _entry(example_result(lost, limit=2)),
        ]
    )
    (group,) = table.concepts

    assert [row.name for row in group.rows] == ["b_gone", "a_back", "0_unknown"]
    assert group.rows[-1].highest is None


def test_missing_probe_is_missing() -> None:
    """A gap in the row, never a zero."""
    (table,) = tables_of([_entry(example_result(limit=2, probes=("noise",)))])
    (row,) = table.concepts[0].rows

    assert [rate is None for rate in row.rates] == [
        name != "noise" for name in PICTOGRAM_V1.ranked_probes
    ]
    assert row.retention is None


def test_base_s_row_comes_from_the_result_with_most_prompts() -> None:
    """The base is one model; the better measurement of it stands for all."""
    long = example_result(limit=4)
    short = example_result(Example(name="other"), limit=2)
    (table,) = tables_of([_entry(short), _entry(long)])
    (group,) = table.concepts

    assert {rate.n for rate in group.base.rates if rate is not None} == {4}
    assert table.n == 4
    assert table.resolution == smallest_difference(4)


def test_seed_sets_do_not_share_a_table() -> None:
    """Other seeds are other questions."""
    result = example_result(limit=1)
    hidden = result.model_copy(update={"seed_set": "season-1"})
    tables = tables_of([_entry(result), _entry(hidden)])

    assert [table.seed_set for table in tables] == ["public", "season-1"]


def test_partial_and_preview_rows_are_marked() -> None:
    """And the mark tells why."""
    partial = example_result(limit=2)
    whole = example_result()
    later = whole.model_copy(update={"protocol": "some-protocol-whose-suite-is-whole"})

    first, *_ = marks_of(partial, partial.cells[0])
    assert (first.word, first.meaning) == ("partial", "No full evaluation: limit 2.")
    assert [mark.word for mark in marks_of(whole, whole.cells[0])] == ["preview"]
    assert marks_of(later, later.cells[0]) == ()


def test_no_results_make_no_table() -> None:
    """An empty board is no error."""
    assert tables_of([]) == ()


def _entry(result: Result) -> Entry:
    return Entry(result, Gallery(strips=()), {})
