"""`erasebench table`: prints the leaderboard."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.board.entries import read_entries
from erasebench.board.find_results import find_results
from erasebench.board.rows import Row, json_of, rows_of
from erasebench.board.terminal import board_report
from erasebench.cli import options
from erasebench.concepts import CONCEPTS
from erasebench.disk import user_cache
from erasebench.errors import RequestError, UnknownNameError
from erasebench.protocol import PROTOCOLS

RANKING = (
    "n: prompt indices behind the scores. Only full evaluations of all ranked concepts of the "
    "protocol are ranked; `not ranked` gives the reason for the others."
)
"""End of the legend of a table over all concepts."""

UNPLACED = (
    "n: prompt indices behind the scores. Entries are ranked only over all concepts, without "
    "--concept; `not ranked` gives further reasons."
)
"""End of the legend of a table of one concept."""


@click.command()
@click.argument(
    "places", metavar="[RESULT]...", nargs=-1, type=click.Path(path_type=Path, exists=True)
)
@options.results
@click.option(
    "--concept", help="Show only this erased concept.  [default: all ranked concepts together]"
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with the rate of every probe.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown tables.")
@click.option("--latex", "as_latex", is_flag=True, help="Print LaTeX tables (package booktabs).")
@options.as_json("Print JSON with the rate of every probe.")
def command(
    places: tuple[Path, ...],
    results: tuple[Path, ...],
    concept: str | None,
    *,
    as_csv: bool,
    as_markdown: bool,
    as_latex: bool,
    as_json: bool,
) -> None:
    """Print the leaderboard.

    An entry is a submission, scored over all its ranked concepts together or, with --concept, on
    one. Only full evaluations of all ranked concepts of a protocol are ranked; the column `not
    ranked` gives the reason for the others. RESULT is the same as --results.

    \b
      erasebench table
      erasebench table runs/*/result.json --concept church
      erasebench table --csv > board.csv
      erasebench table --json | jq '.[] | {name, place, score: .score.value}'

    CSV and JSON contain shares instead of percentages, each with its interval and n.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    forms = {"csv": as_csv, "markdown": as_markdown, "latex": as_latex, "json": as_json}
    chosen = [form for form, wanted in forms.items() if wanted]
    if len(chosen) > 1:
        raise RequestError(f"Choose one format, not {' and '.join(f'--{one}' for one in chosen)}.")
    if concept is not None and concept not in CONCEPTS:
        raise UnknownNameError("concept", concept, tuple(CONCEPTS))
    found = find_results((*places, *results), PROTOCOLS)
    for run in found.unended:
        click.echo(f"warning: {run}: left out, because this run is not finished.", err=True)
    rows = rows_of(read_entries(found.results, cache=user_cache()), concept)
    if not rows:
        which = "" if concept is None else f" for {concept}"
        click.echo(f"There are no results{which} yet.", err=bool(chosen))
    if rows or as_json:
        click.echo(_printed(rows, concept, chosen[0] if chosen else "text"))


def _printed(rows: tuple[Row, ...], concept: str | None, form: str) -> str:
    if form == "json":
        return json.dumps(json_of(rows), indent=2)
    if form == "text":
        return f"{board_report(rows, concept)} {RANKING if concept is None else UNPLACED}"

    # pandas takes half a second to import, so only for the forms that need it.
    from erasebench.board.frames import csv_of, latex_of, markdown_of

    if form == "csv":
        return csv_of(rows).rstrip("\n")
    text = markdown_of(rows, concept) if form == "markdown" else latex_of(rows, concept)
    return text.rstrip("\n")
