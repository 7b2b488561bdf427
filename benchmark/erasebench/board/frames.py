"""Data frames of the board and of results, and their text forms; the only module with pandas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from erasebench.board.probe_rows import ProbeRow, rows_of_cell
from erasebench.board.rows import Row, facts_of_row, tables_of_rows
from erasebench.board.terminal import shown_rows, title_of
from erasebench.results.outcome import Estimate
from erasebench.results.result import Result

_WHOLE = re.compile(r"(^|_)n$|^place$")
"""Columns of whole numbers, which may be missing."""

_FREE_TEXT = ("submission", "method", "worst known attack")
"""Columns of text that submitters or finders wrote."""

_LATEX = {letter: rf"\{letter}" for letter in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_MARKDOWN = {letter: f"\\{letter}" for letter in "\\|*<`["}


def table_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """One row a submission, in the board's order.

    Columns are the fields of `table --json`, with lists as text. An estimate x is a share in four
    columns: `x`, `x_low`, `x_high` (95 % interval) and `x_n`. A missing value is NA, never 0.
    """
    return _frame([_flat(row) for row in rows])


def outcomes_frame(result: Result) -> pd.DataFrame:
    """One row an outcome of the submission and of the original model (base).

    Column `model` is `submission` or `base`; the others are the fields of
    `results.outcome.Outcome`.
    """
    models = {"submission": result.outcomes, "base": result.base_outcomes}
    return pd.DataFrame(
        [{"model": model} | one.model_dump() for model, found in models.items() for one in found]
    )


def rates_frame(result: Result) -> pd.DataFrame:
    """One row for each erased concept and probe, in table order.

    Columns: `erased`, `probe`, `ranked`, `standing`, `recovers`, and the estimates `rate`, `base`,
    `floor`, `unprompted`, `excess` and `residual` (normalised recovery), each a share in four
    columns as in `table_frame`.
    """
    return _frame(
        [
            _rates(cell.erased, row)
            for cell in result.cells
            for row in rows_of_cell(cell, result)
            if row.rate is not None
        ]
    )


def csv_of(rows: Sequence[Row]) -> str:
    """`table_frame` as CSV."""
    return str(table_frame(rows).to_csv(index=False, lineterminator="\n"))


def markdown_of(rows: Sequence[Row], concept: str | None = None) -> str:
    """The tables of the terminal in Markdown, one for each protocol and seed set."""
    parts = []
    for title, frame in _shown(rows, concept, _MARKDOWN):
        table = frame.to_markdown(index=False, disable_numparse=True)
        parts.append(f"{title}, in % with 95 % intervals\n\n{table}\n")
    return "\n".join(parts)


def latex_of(rows: Sequence[Row], concept: str | None = None) -> str:
    r"""The same tables in LaTeX, for the package booktabs; all text is escaped."""
    parts = []
    for title, frame in _shown(rows, concept, _LATEX):
        caption = f"{title}, in \\% with 95\\,\\% intervals."
        parts.append(frame.to_latex(index=False, caption=caption, position="htbp"))
    # A row that begins with a bracket would be an argument of the line break before it.
    return re.sub(r"(?m)^\[", "{[}", "\n".join(parts))


def _shown(
    rows: Sequence[Row], concept: str | None, escapes: dict[str, str]
) -> list[tuple[str, pd.DataFrame]]:
    """Title and cells of each table, with free text escaped."""
    table = str.maketrans(escapes)
    shown = []
    for group in tables_of_rows(rows):
        frame = pd.DataFrame(shown_rows(group))
        for name in frame.columns.intersection(_FREE_TEXT):
            frame[name] = frame[name].str.translate(table)
        shown.append((title_of(group, concept).translate(table), frame))
    return shown


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    whole = [name for name in frame.columns if _WHOLE.search(name)]
    return frame.astype(dict.fromkeys(whole, "Int64"))


def _spread(estimates: Mapping[str, Estimate | None]) -> dict[str, object]:
    """Each estimate in four columns."""
    parts = {"": "value", "_low": "low", "_high": "high", "_n": "n"}
    return {
        f"{name}{ending}": None if found is None else getattr(found, part)
        for name, found in estimates.items()
        for ending, part in parts.items()
    }


def _flat(row: Row) -> dict[str, object]:
    worst = row.worst_known
    attack = None if worst is None else worst.replay.attack
    flat = facts_of_row(row) | {
        "concepts": " ".join(row.concepts),
        "marks": "; ".join(row.marks),
        "worst_known_attack": None if attack is None else attack.id,
        "worst_known_concept": None if attack is None else attack.concept,
        "worst_known_finder": None if attack is None else attack.finder.name,
    }
    attacked = {"worst_known": None if worst is None else worst.value}
    return flat | _spread({**row.estimates, **row.rates, **attacked})


def _rates(erased: str, row: ProbeRow) -> dict[str, object]:
    score = row.score
    facts: dict[str, object] = {
        "erased": erased,
        "probe": row.facts.name,
        "ranked": row.facts.ranked,
        "standing": None if score is None else score.standing,
        "recovers": None if score is None else score.recovers,
    }
    return facts | _spread(
        {
            "rate": row.rate,
            "base": row.base,
            "floor": row.floor,
            "unprompted": row.unprompted,
            "excess": row.excess,
            "residual": None if score is None else score.residual,
        }
    )
