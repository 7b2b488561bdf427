"""`erasebench verify`: is a result what its records, references and protocol give?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.errors import ResultError
from erasebench.evaluation.verify import Check, verify

SHOWN = 20
"""Differences of one check that are printed; a program reads all with --json."""


@click.command()
@click.argument(
    "results",
    metavar="RESULT...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the evaluation that RESULT came from, or of one of its checkpoints; may be "
    "given again. Outcomes are then counted again from its records.",
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    help="Ask GitHub, by `gh attestation verify`, whether a workflow of this repository made "
    "RESULT.",
)
@options.as_json("Print what was checked, and everything that differs, as JSON.")
def command(
    results: tuple[Path, ...], runs: tuple[Path, ...], repository: str | None, *, as_json: bool
) -> None:
    """Check that a result is what its records and the protocol give.

    Its form; that its probes, its plan and its references are the protocol's, and that no probe or
    prompt is missing; every score and estimate, counted again from its outcomes; its outcomes,
    counted again from records, where --run names them, and the pictures that were kept; who made
    it, where --repository asks for that and gh is installed. What could not be checked is said.

    \b
      erasebench verify leaderboard/pictogram-v1/my_method.json
      erasebench verify runs/church/result.json --run runs/church

    Whatever differs is named, and the exit status is then 2.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if runs and len(results) > 1:
        raise click.UsageError("--run is of one RESULT: verify them one by one.")
    checked = {path: verify(path, runs, repository) for path in results}
    if as_json:
        found = [
            {"path": str(path), "checks": [asdict(check) for check in checks]}
            for path, checks in checked.items()
        ]
        click.echo(json.dumps(found, indent=2))
    else:
        for path, checks in checked.items():
            click.echo(_table(checks))
            click.echo(f"\n{path}")
    for path, checks in checked.items():
        wrong = [check.name for check in checks if check.differs]
        if wrong:
            raise ResultError(path, f"It is not what it should be: {', '.join(wrong)}.")


def _table(checks: Sequence[Check]) -> str:
    """What was looked at, and below it what differs, a line each."""
    rows = [(check.name, _found(check)) for check in checks]
    lines = [tabulate(rows, ("checked", "found"), disable_numparse=True)]
    for check in checks:
        lines += [f"{check.name}: {difference}" for difference in check.differs[:SHOWN]]
        rest = len(check.differs) - SHOWN
        if rest > 0:
            lines.append(f"{check.name}: and {rest} more; --json has all")
    return "\n".join(lines)


def _found(check: Check) -> str:
    if check.skipped is not None:
        return f"not checked: {check.skipped}"
    if check.differs:
        return f"{len(check.differs)} differ"
    return check.note or "as it should be"
