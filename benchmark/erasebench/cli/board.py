"""`erasebench board`: adds, changes and withdraws entries of a leaderboard."""

from __future__ import annotations

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
from erasebench.cli.output import show
from erasebench.manifest.manifest_file import SUBMISSIONS, submitted_names
from erasebench.protocol import PROTOCOLS

_link = click.option(
    "--link", metavar="URL", help="Page with more information; must start with https://."
)


@click.group()
def command() -> None:
    """Add, change or withdraw entries of a leaderboard.

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
    help="Name of the entry.  [default: name of the results, without their concepts]",
)
@options.leaderboard
@click.option(
    "--partial",
    is_flag=True,
    help="Allow a partial evaluation. It is not ranked.",
)
@click.option(
    "--reason",
    metavar="TEXT",
    help="Why an existing entry changes. Stored in its file, with the change of each score.",
)
@options.as_json("Print the entry's scores as JSON.")
def add(
    results: tuple[Path, ...],
    name: str | None,
    leaderboard: Path,
    reason: str | None,
    *,
    partial: bool,
    as_json: bool,
) -> None:
    """Add the results of a submission as one entry.

    Writes PROTOCOL/NAME.json and images in PROTOCOL/NAME/, and prints the scores over all concepts.
    RESULT is a result file or the folder of an evaluation. Several results must share protocol,
    method and environment, and have different concepts.

    An existing entry changes only with --reason, and no probe or prompt may be dropped. The change
    of each score is printed as a paired difference, in points with its 95 % interval.

    \b
      erasebench board add runs/your-org__your-method
      erasebench board add runs/uce_church runs/uce_golf_ball --name uce
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    added = add_row(results, leaderboard, name=name, partial=partial, reason=reason)
    result, change = added.result, added.change
    lines = [f"{visible(result.name)}: {', '.join(cell.erased for cell in result.cells)}"]
    if result.score is not None:
        lines.append(score_line(result.score))
    if change is not None:
        lines.append(f"Change: {change_line(change)}")
    facts = result.model_dump(include={"name", "protocol", "score"})
    show({"path": added.path, **facts, "change": change}, *lines, added.path, as_json=as_json)


@command.command()
@click.argument("name")
@click.argument("state", type=click.Choice(list(MEANINGS)))
@click.option(
    "--reason", metavar="TEXT", help="Reason; required if the submission failed or was withdrawn."
)
@click.option("--commit", metavar="SHA", help="Commit of the repository that was evaluated.")
@_link
@options.leaderboard
@click.option(
    "--submissions",
    type=options.FOLDER,
    default=SUBMISSIONS,
    show_default=True,
    help="Folder of the submitted manifests.",
)
@click.option(
    "--unmerged",
    is_flag=True,
    help="Accept a name whose manifest is only in a pull request so far.",
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
    """Set the status of a submission.

    Writes status/NAME.json, with the earlier statuses; the site lists it. NAME is the manifest's
    file name without .yaml; a manifest, an entry or an earlier status must have that name. The
    workflows run this command. Without it, a manifest counts as received, or as scored if it has an
    entry.

    \b
      erasebench board status your-org__your-method failed --reason "A file is missing."
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if not unmerged:
        check_submitted(leaderboard, name, submitted_names(submissions), protocols=tuple(PROTOCOLS))
    path, written = set_status(
        leaderboard, name, state, options.today(), reason=reason, commit=commit, link=link
    )
    show(
        {"path": path, **written.model_dump(exclude_none=True)},
        f"{visible(name)}: {written.state} since {written.since}",
        path,
        as_json=as_json,
    )


@command.command()
@click.argument("name")
@click.option("--reason", metavar="TEXT", required=True, help="Reason; shown next to the entry.")
@_link
@options.leaderboard
@options.as_json("Print the path, the status and the entries as JSON.")
def withdraw(name: str, leaderboard: Path, reason: str, link: str | None, *, as_json: bool) -> None:
    """Withdraw a submission.

    Its entries keep their pages and data, are no longer ranked, and show the date and the reason.
    NAME is the manifest's file name without .yaml, or the entry's name. Prints the paths of the
    entries and of the status file.

    \b
      erasebench board withdraw your-org__your-method --reason "Its authors asked for it."
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    done = withdraw_row(
        leaderboard, name, options.today(), reason=reason, link=link, protocols=tuple(PROTOCOLS)
    )
    show(
        {"path": done.path, **done.status.model_dump(exclude_none=True), "rows": done.rows},
        *(f"{row}: not ranked since {done.status.since}" for row in done.rows),
        done.path,
        as_json=as_json,
    )
