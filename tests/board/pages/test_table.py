"""The tables of the front page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from erasebench.board.pages.table import ConceptRows, Table, floors, tables_of
from erasebench.board.rows import Row
from erasebench.board.status import Status
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.result import Result
from tests.board.conftest import LIMIT
from tests.board.example_run import Example, example_result, made_entry


def test_columns_are_the_ranked_probes() -> None:
    """Probes that are shown only stand on a submission's own page."""
    (table,) = tables_of([made_entry(example_result(limit=2))])

    assert tuple(column.name for column in table.columns) == PICTOGRAM_V1.ranked_probes


def test_row_holds_the_result_s_own_estimates() -> None:
    """A table computes no rate of its own."""
    result = example_result(Example(edited=("unet", "text_encoder")), limit=2)
    (table,) = tables_of([made_entry(result)])
    ((row,),) = [group.rows for group in _concepts(table)]
    (cell,) = result.cells
    by_name = {estimate.probe: estimate.rate for estimate in cell.probes}

    rates = [row.probes[column.name].rate for column in table.columns]
    assert rates == [by_name[name] for name in PICTOGRAM_V1.ranked_probes]
    assert row.rank.highest == max(rates, key=lambda rate: rate.value)
    assert row.cells == (cell,)


def test_rows_of_a_concept_are_ordered_by_their_highest_rate() -> None:
    """Without scores the lowest comes first; a row with nothing to show comes last."""
    lost = Example(name="b_gone", recovered={}, otherwise=0.0)
    back = Example(name="a_back", recovered={}, otherwise=1.0)
    unknown = Example(name="0_unknown")
    (table,) = tables_of(
        [
            made_entry(example_result(back, limit=2, floors=())),
            made_entry(example_result(unknown, limit=2, probes=("resampling",), floors=())),
            made_entry(example_result(lost, limit=2, floors=())),
        ]
    )
    (group,) = _concepts(table)

    assert [row.name for row in group.rows] == ["b_gone", "a_back", "0_unknown"]
    assert group.rows[-1].rank.highest is None


def test_missing_probe_is_missing() -> None:
    """A gap in the row, never a zero."""
    (table,) = tables_of([made_entry(example_result(limit=2, probes=("noise",)))])
    (row,) = _concepts(table)[0].rows

    assert [row.probes[name].rate is None for name in PICTOGRAM_V1.ranked_probes] == [
        name != "noise" for name in PICTOGRAM_V1.ranked_probes
    ]
    assert row.cells[0].retention is None


def test_base_s_row_comes_from_the_result_with_most_prompts() -> None:
    """The base is one model; the better measurement of it stands for all."""
    long = example_result(limit=4)
    short = example_result(Example(name="other"), limit=2)
    (table,) = tables_of([made_entry(short), made_entry(long)])
    (group,) = _concepts(table)

    assert {rate.n for rate in group.base.values()} == {4}
    assert table.n == 4


def test_seed_sets_do_not_share_a_table() -> None:
    """Other seeds are other questions."""
    result = example_result(limit=1)
    hidden = result.model_copy(update={"seed_set": "season-1"})
    tables = tables_of([made_entry(result), made_entry(hidden)])

    assert [table.seed_set for table in tables] == ["public", "season-1"]


def test_partial_row_heads_no_whole_one() -> None:
    """The highest of one probe on one prompt is easily 0; it is no better than a highest of ten."""
    one = example_result(
        Example(name="a_one", recovered={}, otherwise=0.0), limit=1, probes=("standard_prompt",)
    )
    (table,) = tables_of([made_entry(one), made_entry(example_result(Example(name="b_whole")))])
    (group,) = _concepts(table)
    first, second = group.rows

    assert (first.name, first.rank.complete, run(first)) == ("b_whole", True, 10)
    assert (second.name, second.rank.complete, run(second)) == ("a_one", False, 1)
    assert first.rank.highest is not None
    assert second.rank.highest is not None
    assert second.rank.highest.value < first.rank.highest.value


def test_concepts_that_rank_are_apart_from_objects_and_styles() -> None:
    """Each part under a heading of its own; a part without a row has none."""
    concepts = ("van_gogh", "airliner", "golf_ball", "church")
    result = example_result(Example(concepts=concepts), limit=1, probes=("standard_prompt",))
    (table,) = tables_of([made_entry(result)])
    (ranked,) = tables_of([made_entry(example_result(limit=1, probes=("standard_prompt",)))])

    assert [
        (part.heading, {group.concept.name for group in part.concepts}) for part in table.parts
    ] == [
        ("Ranked concepts", {"church", "golf_ball"}),
        ("Other objects, not ranked", {"airliner"}),
        ("Styles, not ranked", {"van_gogh"}),
    ]
    assert [part.heading for part in ranked.parts] == ["Ranked concepts"]


def test_columns_that_apply_follow_from_the_kind_of_concept() -> None:
    """A style lacks descriptions, a latent classifier, and a selector that could end a search."""
    result = example_result(Example(concepts=("van_gogh",)), limit=1, probes=("standard_prompt",))
    (table,) = tables_of([made_entry(result)])
    (row,) = _concepts(table)[0].rows
    footnotes = {column.name: row.probes[column.name].footnote for column in table.columns}
    lacking = {
        name
        for name, mark in footnotes.items()
        if mark is not None and mark.meaning == "does not apply to a style"
    }

    assert lacking == {
        "indirect_prompt",
        "classifier_guidance",
        "guidance_noise",
        "unlearn_diff_atk",
    }
    assert len(row.applicable) == len(table.columns) - len(lacking) - len(("encoder_swap",))


def test_no_results_make_no_table() -> None:
    """An empty board is no error."""
    assert tables_of([]) == ()


def test_the_head_of_a_table_counts_no_row_that_was_withdrawn() -> None:
    """How many prompts there are, and what they can show, is said of rows that count."""
    whole, part = made_entry(example_result()), made_entry(example_result(limit=2))
    gone = Status(
        name="esd_x_church", state="withdrawn", since=date(2026, 11, 1), reason="Asked for."
    )
    withdrawn = replace(whole, status=gone)
    (table,) = tables_of([withdrawn, part])
    (alone,) = tables_of([withdrawn])

    assert table.n == 2
    assert alone.n == PICTOGRAM_V1.prompts


def test_floors_are_those_of_the_result_with_most_prompts(scored: Result) -> None:
    """One per probe that has one."""
    fewer = scored.cells[0].model_copy(update={"score": shortened(scored)})
    score = scored.cells[0].score
    assert score is not None

    found = floors([fewer, scored.cells[0]])

    assert found == {one.probe: one.floor for one in score.probes if one.floor is not None}
    assert {rate.n for rate in found.values()} == {LIMIT}


def test_no_floors_make_no_row(bare: Result) -> None:
    """Rather than a row of gaps."""
    assert floors(bare.cells) == {}


def test_the_base_s_row_says_why_a_column_has_no_rate(scored: Result) -> None:
    """No encoder was edited, so nothing could be swapped back, on the base as elsewhere."""
    (table,) = tables_of([made_entry(scored)])
    group = _concepts(table)[0]
    lacking = {
        column.name: group.gaps[column.name].word
        for column in table.columns
        if column.name not in group.base
    }

    assert lacking == {"encoder_swap": "n/a"}


def shortened(result: Result) -> object:
    """A score whose floors are of fewer prompts."""
    score = result.cells[0].score
    assert score is not None
    probes = tuple(
        one.model_copy(update={"floor": one.floor and one.floor.model_copy(update={"n": 2})})
        for one in score.probes
    )
    return score.model_copy(update={"probes": probes})


def run(row: Row) -> int:
    """How many of its ranked probes were run."""
    return sum(one.rate is not None for one in row.applicable)


def _concepts(table: Table) -> list[ConceptRows]:
    return [group for part in table.parts for group in part.concepts]
