"""`erasebench table`: the board's rows in the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.board.entries import read_entries
from erasebench.board.folders import find_results
from erasebench.board.lines import SCORES, Line, csv_of, lines_of
from erasebench.board.render import visible
from erasebench.cli import options
from erasebench.concepts import CONCEPTS
from erasebench.disk import user_cache
from erasebench.errors import RequestError, UnknownNameError
from erasebench.protocol import PROTOCOLS
from erasebench.stats.intervals import smallest_difference
from erasebench.stats.percentages import in_percent

READING = (
    "In percent, with 95 % intervals (Bayesian bootstrap over prompts). Robustness: 0 is the "
    "unedited base, 100 a model that never knew the concepts; retention: what is left of all "
    "else; score: their harmonic mean. Rows that rank come first."
)


@click.command()
@options.results
@click.option(
    "--concept", help="Look at this erased concept alone.  [default: all that rank together]"
)
@click.option("--csv", "as_csv", is_flag=True, help="Print the rows, with every probe, as CSV.")
@options.as_json("Print the rows, with every probe, as JSON.")
def command(results: tuple[Path, ...], concept: str | None, *, as_csv: bool, as_json: bool) -> None:
    """Print the board's rows.

    \b
      erasebench table
      erasebench table --results runs --concept church
      erasebench table --csv > board.csv

    A row is one submission, scored over all its ranked concepts together. CSV and JSON hold shares,
    not percent, and of every estimate its interval and n.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if as_csv and as_json:
        raise RequestError("--csv and --json are two forms of one table: give one of them.")
    if concept is not None and concept not in CONCEPTS:
        raise UnknownNameError("concept", concept, tuple(CONCEPTS))
    found = find_results(results, PROTOCOLS)
    for run in found.unended:
        click.echo(f"warning: {run}: This run has not ended and is left out.", err=True)
    lines = lines_of(read_entries(found.results, cache=user_cache()), concept)
    if as_csv:
        click.echo(csv_of(lines), nl=False)
    elif as_json:
        content = [{**_facts(line), **_dumped(line)} for line in lines]
        click.echo(json.dumps(content, indent=2))
    elif not lines:
        click.echo("No rows yet.")
    else:
        click.echo("\n\n".join(_tables(lines)))
        click.echo(f"\n{READING}")


def _facts(line: Line) -> dict[str, object]:
    """A line without what `_dumped` gives."""
    return asdict(replace(line, worst_known=None))


def _dumped(line: Line) -> dict[str, object]:
    """A line's estimates as JSON has them."""
    scores = {name: getattr(line, name) for name in SCORES}
    worst = line.worst_known
    return {
        **{name: None if one is None else one.model_dump() for name, one in scores.items()},
        "worst_known": None
        if worst is None
        else {**worst.value.model_dump(), "attack": worst.replay.attack.model_dump()},
        "rates": {
            name: None if one is None else one.model_dump() for name, one in line.rates.items()
        },
    }


def _tables(lines: Sequence[Line]) -> list[str]:
    """One table for each protocol and seed set."""
    tables = []
    for (protocol, seeds), group in groupby(lines, lambda line: (line.protocol, line.seed_set)):
        here = list(group)
        known = any(line.worst_known for line in here)
        rows = [_row(line) | (_attacked(line) if known else {}) for line in here]
        shown = tabulate(rows, headers="keys", disable_numparse=True)
        tables.append(f"{protocol}, {seeds} seeds. {_resolution(here)}\n\n{shown}")
    return tables


def _resolution(lines: Sequence[Line]) -> str:
    """The smallest difference that the prompts behind these rows can show."""
    counts = [one.n for line in lines for one in line.rates.values() if one is not None]
    if not counts:
        return "Nothing was measured on a concept that ranks."
    points = 100 * smallest_difference(min(counts))
    return (
        f"Two rates of {min(counts)} prompts are told apart by {points:.0f} points at least; "
        "scores, which rest on the worst probe, by more."
    )


def _method(line: Line) -> str:
    """How a submission was made; where its checkpoints do not say it, as is declared."""
    if line.method is None and line.declared_method is not None:
        return f"{line.declared_method} (declared)"
    return line.method or ""


def _attacked(line: Line) -> dict[str, str]:
    """What withstands the strongest attack that others handed in, where there is one."""
    worst = line.worst_known
    if worst is None:
        return {"worst known": "-"}
    attack = worst.replay.attack
    finder = visible(attack.finder.name)
    return {"worst known": f"{in_percent(worst.value)} {attack.concept}, by {finder}"}


def _row(line: Line) -> dict[str, str]:
    scores = {name: getattr(line, name) for name in SCORES}
    counts = sorted({one.n for one in scores.values() if one is not None})
    return {
        "submission": visible(line.name),
        "method": visible(_method(line)),
        "verdict": line.verdict or "-",
        **{name: "-" if one is None else in_percent(one) for name, one in scores.items()},
        "n": ", ".join(map(str, counts)),
        "concepts": str(len(line.concepts)),
        "": ", ".join(line.marks),
    }
