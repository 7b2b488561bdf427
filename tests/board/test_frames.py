"""Data frames, and their forms as text."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys

import pandas as pd

from erasebench.board.frames import (
    csv_of,
    latex_of,
    markdown_of,
    outcomes_frame,
    rates_frame,
    table_frame,
)
from erasebench.board.rows import rows_of
from erasebench.results.result import Result
from tests.board.example_run import Example, example_result, made_entry

HOSTILE = "[a] & 50 % of_the #1 | {b} ~^ $x$ \\end{tabular} <b>"


def test_table_frame_spreads_estimates_over_four_columns(scored: Result, bare: Result) -> None:
    """A missing value is NA, never 0, and counts stay whole numbers next to it."""
    rows = rows_of([made_entry(scored), made_entry(bare)])
    frame = table_frame(rows).set_index("name")
    row = next(row for row in rows if row.name == scored.name)
    robustness = row.estimates["robustness"]
    assert robustness is not None

    found = frame.loc[scored.name, [f"robustness{end}" for end in ("", "_low", "_high", "_n")]]
    assert [*found] == [
        robustness.value,
        robustness.low,
        robustness.high,
        robustness.n,
    ]
    assert frame.loc[bare.name, ["robustness", "robustness_n", "verdict"]].isna().all()
    assert frame["robustness_n"].dtype == "Int64"
    assert [*frame.index] == [row.name for row in rows]


def test_csv_has_the_numbers_of_the_rows(scored: Result, bare: Result) -> None:
    """In full precision; missing values are empty."""
    rows = rows_of([made_entry(scored), made_entry(bare)])
    by_name = {row["name"]: row for row in csv.DictReader(io.StringIO(csv_of(rows)))}
    row, other = by_name[scored.name], by_name[bare.name]
    first = next(row for row in rows if row.name == scored.name)
    robustness = first.estimates["robustness"]
    assert robustness is not None

    assert float(row["robustness_low"]) == robustness.low
    assert row["robustness_n"] == str(robustness.n)
    assert float(row["noise"]) == first.rates["noise"].value  # type: ignore[union-attr]
    assert (other["robustness"], other["robustness_n"], other["verdict"]) == ("", "", "")
    assert row["concepts"] == "church golf_ball"


def test_latex_is_a_booktabs_table_in_which_all_text_is_escaped(scored: Result) -> None:
    """No name ends the table, comments a line out, or becomes an argument of a line break."""
    hostile = scored.model_copy(update={"name": HOSTILE})
    text = latex_of(rows_of([made_entry(hostile)]))
    (body,) = re.findall(r"\\midrule\n(.*)\n\\bottomrule", text, re.DOTALL)

    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")
    assert text.count(r"\end{tabular}") == 1
    assert body.startswith(
        r"{[}a] \& 50 \% of\_the \#1 | \{b\} \textasciitilde{}\textasciicircum{} \$x\$ "
    )
    assert r"esd\_x" in body
    assert re.search(r"& \d+ \[\d+, \d+\] &", body)
    assert len(re.findall(r"(?<!\\)&", body)) == text.split(r"\toprule")[1].split("\n")[1].count(
        "&"
    )


def test_markdown_has_one_cell_for_each_value(scored: Result) -> None:
    """A bar in a name is no border, and a tag no markup."""
    hostile = scored.model_copy(update={"name": HOSTILE})
    title, _, head, _, row = markdown_of(rows_of([made_entry(hostile)])).splitlines()

    assert title == "pictogram-v1, public seeds, in % with 95 % intervals"
    assert len(re.findall(r"(?<!\\)\|", row)) == head.count("|")
    assert r"\<b>" in row
    assert re.search(r"\| \d+ \[\d+, \d+\] +\|", row)


def test_outcomes_frame_holds_every_outcome(scored: Result) -> None:
    """Of the submission and of the original model; a rate follows from it."""
    frame = outcomes_frame(scored)
    mine = frame[(frame.model == "submission") & (frame.erased == "church")]
    noise = mine[(mine.probe == "noise") & (mine.target == "church")]
    rate = next(one.rate for one in scored.cells[0].probes if one.probe == "noise")

    assert len(frame) == len(scored.outcomes) + len(scored.base_outcomes)
    assert scored.cells[0].erased in {"church", "golf_ball"}
    assert set(noise.prompt_index) == set(range(rate.n))


def test_rates_frame_has_a_row_for_each_concept_and_probe(scored: Result, bare: Result) -> None:
    """With floor and normalised recovery where there are any."""
    frame = rates_frame(scored).set_index(["erased", "probe"])

    for cell in scored.cells:
        for one in cell.probes:
            row = frame.loc[(cell.erased, one.probe)]
            assert (row["rate"], row["rate_low"], row["rate_n"]) == (
                one.rate.value,
                one.rate.low,
                one.rate.n,
            )
    assert frame.loc[("church", "noise"), "standing"] == "ranked"
    assert not frame["floor"].isna().any()
    assert rates_frame(bare)["floor"].isna().all()


def test_several_seed_sets_are_several_tables() -> None:
    """Rows of different seeds are never compared."""
    result = example_result(Example(), limit=1, probes=("standard_prompt",))
    hidden = result.model_copy(update={"seed_set": "season-1"})
    rows = rows_of([made_entry(result), made_entry(hidden)])

    assert latex_of(rows).count(r"\begin{tabular}") == 2
    assert "season-1 seeds" in markdown_of(rows)


def test_empty_boards_give_empty_frames() -> None:
    """And no error."""
    assert isinstance(table_frame([]), pd.DataFrame)
    assert table_frame([]).empty


def test_pandas_is_loaded_for_frames_only() -> None:
    """Help, tables in the terminal and the site start without it."""
    script = (
        "import sys\n"
        "import erasebench.cli.table, erasebench.cli.site, erasebench.board.terminal\n"
        "assert 'pandas' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
