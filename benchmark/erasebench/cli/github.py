"""`erasebench github`: what the workflows ask of GitHub."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from erasebench.board.submissions import check_distinct
from erasebench.cli import options, summary
from erasebench.disk import append_lines
from erasebench.errors import RequestError
from erasebench.github.client import github_of
from erasebench.github.propose import propose as propose_folder
from erasebench.github.reason import reason_among
from erasebench.github.submitted import of_pull_request, of_push, run_folder
from erasebench.hub.manifest_file import load_manifest
from erasebench.hub.submissions import SUBMISSIONS
from erasebench.protocol import protocol_named
from erasebench.protocol.season import season_named

_ADVICE = """\
Change the pull request as the message says; this check runs again by itself. How a submission is
made is told in `site/docs/submitting.md`."""


@click.group()
def command() -> None:
    """Ask GitHub what the workflows need to know.

    \b
      erasebench github manifest --pull-request 12 --commit SHA --into build/submitted
      erasebench github propose leaderboard --commit SHA --branch row/x --title "Row: x"

    GITHUB_REPOSITORY names the repository, GITHUB_TOKEN lets in, and GITHUB_API_URL is asked, as
    in every workflow.
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.option("--pull-request", "number", type=click.IntRange(min=1), help="Its number.")
@click.option("--since", "before", metavar="SHA", help="Of a push: the commit before it.")
@click.option("--commit", required=True, metavar="SHA", help="The commit that was looked at.")
@click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where to lay it down, in a folder that is named by its digest.",
)
@click.option(
    "--outputs",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also append outputs of a step: `manifest`, `name`, `season`, which is empty for public "
    "seeds, and `run`, the folder for its run.",
)
@click.option(
    "--season",
    metavar="NAME",
    default="",
    help="The season that is open. It is that of the run where it is held under the manifest's "
    "protocol.",
)
@summary.option
@options.as_json("Print the same as JSON.")
def manifest(
    number: int | None,
    before: str | None,
    commit: str,
    folder: Path,
    outputs: Path | None,
    season: str,
    summary_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Take the one manifest out of a pull request, or out of a push to main.

    It is read as data, at the commit that is named. A change of anything else beside it is refused,
    and so are a pull request that was pushed to since, and a name whose row would lie where that of
    a manifest in submissions/ does. The manifest itself is checked by `validate`.
    """
    if (number is None) == (before is None):
        raise RequestError("Give --pull-request, or --since for a push: one of the two.")
    opened = season_named(season) if season else None
    if opened is not None and opened.revealed is not None:
        raise RequestError(
            f"Season {season} is over since {opened.closed}, and anybody may train for its seeds. "
            "Set the variable SEASON to the one that is open, or take it away."
        )
    github = github_of(os.environ)
    with summary.summarised(summary_file, "No submission yet", _ADVICE):
        if number is not None:
            submitted = of_pull_request(github, number, commit)
        else:
            submitted = of_push(github, str(before), commit)
        path = submitted.lay_down(folder)
        check_distinct(path.stem, (one.stem for one in SUBMISSIONS.glob("*.yaml")))
        protocol = protocol_named(load_manifest(path).base)
        held = season if opened is not None and protocol.name in opened.protocols else ""
        run = run_folder(path, protocol.digest, held or None)
    facts = {"manifest": str(path), "name": path.stem, "season": held, "run": str(run)}
    if outputs is not None:
        append_lines(outputs, [f"{name}={value}" for name, value in facts.items()])
    if as_json:
        click.echo(json.dumps({"path": str(path), "status": submitted.status, **facts}, indent=2))
        return
    click.echo(f"{submitted.name} is {submitted.status}, SHA-256 {submitted.digest}")
    click.echo(str(path))


@command.command()
@click.argument(
    "printed", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@click.option(
    "--outputs",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also append `reason` as an output of a step.",
)
@click.option(
    "--without",
    "folders",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    multiple=True,
    help="Cut this folder off the paths that the reason names; may be given again.",
)
@options.as_json("Print the same as JSON.")
def reason(
    printed: Path, outputs: Path | None, folders: tuple[Path, ...], *, as_json: bool
) -> None:
    """Find why a step failed in what it printed to FILE.

    The reason is what stands after the last `error:` at the beginning of a line, and in the
    indented lines below, in one line; it is empty where there is none: the step was stopped, or
    has a bug.
    """
    found = reason_among(printed.read_text(encoding="utf-8", errors="replace"), folders)
    if outputs is not None:
        append_lines(outputs, [f"reason={found}"])
    click.echo(json.dumps({"reason": found}) if as_json else found)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--commit", required=True, metavar="SHA", help="What is checked out here.")
@click.option("--branch", required=True, help="Where the change goes; moved if it is there.")
@click.option("--title", required=True, help="Of the pull request, and the commit's message.")
@click.option(
    "--body",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="What the pull request says: a text, shown as it is.",
)
@options.as_json("Print the address and the files as JSON.")
def propose(
    folder: Path, commit: str, branch: str, title: str, body: Path | None, *, as_json: bool
) -> None:
    """Open a pull request that makes FOLDER of the repository what it is here."""
    told = [] if body is None else body.read_text(encoding="utf-8").splitlines()
    text = "".join(f"    {line}\n" for line in told)
    proposal = propose_folder(
        github_of(os.environ), folder, commit, branch=branch, title=title, body=text
    )
    if as_json:
        facts = (
            None
            if proposal is None
            else {
                "address": proposal.address,
                "changed": proposal.changed,
                "removed": proposal.removed,
            }
        )
        click.echo(json.dumps(facts, indent=2))
        return
    if proposal is None:
        click.echo(f"{folder} is as it is in {commit[:12]}: nothing to propose.")
        return
    click.echo(f"{len(proposal.changed)} files changed, {len(proposal.removed)} removed")
    click.echo(proposal.address)
