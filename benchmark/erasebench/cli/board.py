"""`erasebench board`: keeps the rows of a leaderboard."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.board.add import add_row
from erasebench.board.gate import change_line
from erasebench.board.render import visible
from erasebench.cli import options
from erasebench.evaluation.report import score_line


@click.group()
def command() -> None:
    """Keep the rows of a leaderboard.

    \b
      erasebench board add runs/my_method_church runs/my_method_golf_ball
      erasebench site
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument(
    "results",
    metavar="RESULT...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
)
@click.option(
    "--name",
    help="Of the row.  [default: what the results are called, without their concepts]",
)
@click.option(
    "--into",
    "leaderboard",
    type=click.Path(path_type=Path, file_okay=False),
    default="leaderboard",
    show_default=True,
    help="The leaderboard's folder.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="Add a row also where it is less than a full evaluation. It takes no place.",
)
@click.option(
    "--reason",
    metavar="TEXT",
    help="Why a row that is there already changes. It is kept in its file, with what it moved.",
)
@options.as_json("Print the row's scores as JSON.")
def add(
    results: tuple[Path, ...],
    name: str | None,
    leaderboard: Path,
    reason: str | None,
    *,
    partial: bool,
    as_json: bool,
) -> None:
    """Put the results of one submission into one row.

    RESULT is a result file or the folder of an evaluation. Several must be of one submission: of
    one protocol, method and set-up, each with concepts that no other has. The row's scores are over
    all of them. It is written as PROTOCOL/NAME.json, with its pictures in PROTOCOL/NAME/.

    A row that is there already changes only with a --reason, and no probe or prompt of it may
    disappear. How far each score moved is a paired difference, in percent points with its 95 %
    interval.

    \b
      erasebench board add runs/your-org__your-method
      erasebench board add runs/uce_church runs/uce_golf_ball --name uce
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    added = add_row(results, leaderboard, name=name, partial=partial, reason=reason)
    if as_json:
        facts = added.result.model_dump(mode="json", include={"name", "protocol", "score"})
        facts["change"] = None if added.change is None else added.change.model_dump(mode="json")
        click.echo(json.dumps({"path": str(added.path), **facts}, indent=2, sort_keys=True))
        return
    concepts = ", ".join(cell.erased for cell in added.result.cells)
    click.echo(f"{visible(added.result.name)}: {concepts}")
    if added.result.score is not None:
        click.echo(score_line(added.result.score))
    if added.change is not None:
        click.echo(f"changes {change_line(added.change)}")
    click.echo(added.path)
