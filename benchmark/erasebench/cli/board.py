"""`erasebench board`: keeps the rows of a leaderboard."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.board.add import add_row
from erasebench.board.format import visible
from erasebench.board.row_update import change_line
from erasebench.board.status import MEANINGS, set_status
from erasebench.board.submissions import check_submitted
from erasebench.board.submissions import withdraw as withdraw_row
from erasebench.board.terminal import score_line
from erasebench.cli import options
from erasebench.cli.today import today
from erasebench.hub.submissions import SUBMISSIONS, handed_in
from erasebench.protocol import PROTOCOLS

_link = click.option("--link", metavar="URL", help="Page that tells more; begins with https://.")


@click.group()
def command() -> None:
    """Keep the rows of a leaderboard.

    \b
      erasebench board add runs/my_method_church runs/my_method_golf_ball
      erasebench board withdraw my_method --reason "Its files are gone."
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
@options.leaderboard
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


@command.command()
@click.argument("name")
@click.argument("state", type=click.Choice(list(MEANINGS)))
@click.option("--reason", metavar="TEXT", help="Why; needed where it failed or was withdrawn.")
@click.option("--commit", metavar="SHA", help="Of the repository, at which it happened.")
@_link
@options.leaderboard
@click.option(
    "--submissions",
    type=click.Path(path_type=Path, file_okay=False),
    default=SUBMISSIONS,
    show_default=True,
    help="Folder of the manifests that were handed in.",
)
@click.option(
    "--unmerged",
    is_flag=True,
    help="The name is right, though its manifest is in no more than a pull request yet.",
)
@options.as_json("Print the path and the status as JSON.")
def status(
    name: str,
    state: str,
    leaderboard: Path,
    reason: str | None,
    commit: str | None,
    link: str | None,
    submissions: Path,
    *,
    unmerged: bool,
    as_json: bool,
) -> None:
    """Note where a submission stands.

    NAME is its manifest's, without the ending. It is written to status/NAME.json, what happened
    before included, and the site lists it: so a manifest, a row or an earlier status must bear the
    name. The workflows do this; a manifest without such a file was received, or has its row.
    """
    if not unmerged:
        check_submitted(leaderboard, name, handed_in(submissions), protocols=tuple(PROTOCOLS))
    path, written = set_status(
        leaderboard, name, state, today(), reason=reason, commit=commit, link=link
    )
    if as_json:
        facts = written.model_dump(mode="json", exclude_none=True)
        click.echo(json.dumps({"path": str(path), **facts}, indent=2))
        return
    click.echo(f"{visible(name)} is {written.state} since {written.since}")
    click.echo(path)


@command.command()
@click.argument("name")
@click.option(
    "--reason", metavar="TEXT", required=True, help="Why; it stands beside the row from then on."
)
@_link
@options.leaderboard
@options.as_json("Print the path, the status and the rows as JSON.")
def withdraw(name: str, leaderboard: Path, reason: str, link: str | None, *, as_json: bool) -> None:
    """Take a submission off the table.

    NAME is its manifest's, without the ending, or its row's. Its rows keep their pages and data,
    take no place any more, and say since when and why.

    \b
      erasebench board withdraw your-org__your-method --reason "Its authors asked for it."
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    done = withdraw_row(
        leaderboard, name, today(), reason=reason, link=link, protocols=tuple(PROTOCOLS)
    )
    if as_json:
        facts = done.status.model_dump(mode="json", exclude_none=True)
        rows = [str(row) for row in done.rows]
        click.echo(json.dumps({"path": str(done.path), **facts, "rows": rows}, indent=2))
        return
    for row in done.rows:
        click.echo(f"{row} takes no place since {done.status.since}")
    click.echo(done.path)
