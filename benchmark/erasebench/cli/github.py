"""`erasebench github`: the GitHub API, as the workflows use it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from erasebench.board.submissions import check_distinct
from erasebench.cli import options, summary
from erasebench.cli.output import show
from erasebench.disk import append_lines
from erasebench.errors import RequestError
from erasebench.github.client import github_from
from erasebench.github.propose import propose as propose_folder
from erasebench.github.reason import failure_reason
from erasebench.github.submitted import manifest_in_pull_request, manifest_in_push, run_folder
from erasebench.manifest.manifest_file import SUBMISSIONS, load_manifest
from erasebench.protocol import protocol_named
from erasebench.protocol.seeds import season_named

_ADVICE = """\
Change the pull request as the message says; this check then runs again. `site/docs/submitting.md`
describes submissions."""


def _outputs(names: str) -> options.Option:
    return click.option(
        "--outputs",
        type=options.FILE,
        metavar="FILE",
        help=f"Also append to FILE, as outputs of a workflow step: {names}.",
    )


@click.group()
def command() -> None:
    """Read submissions from GitHub and open pull requests.

    The workflows of the leaderboard run these commands.

    \b
      erasebench github manifest --pull-request 12 --commit SHA --into build/submitted
      erasebench github propose leaderboard --commit SHA --branch row/x --title "Row: x"

    As in every workflow, GITHUB_REPOSITORY names the repository, GITHUB_TOKEN authenticates and
    GITHUB_API_URL is the API's address.
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.option(
    "--pull-request", "number", type=click.IntRange(min=1), help="Number of the pull request."
)
@click.option("--since", "before", metavar="SHA", help="For a push: the commit before it.")
@click.option(
    "--commit", required=True, metavar="SHA", help="Commit to read; for a pull request its newest."
)
@click.option(
    "--into",
    "folder",
    type=options.FOLDER,
    required=True,
    help="Folder for the manifest, which is stored in a subfolder named by its digest.",
)
@_outputs(
    "`manifest`, `name`, `season` (empty for public seeds) and `run` (the folder of its evaluation)"
)
@click.option(
    "--season",
    metavar="NAME",
    default="",
    help="The open season. Its seeds are used if it includes the manifest's protocol.",
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
    """Read the manifest of a pull request or of a push to main.

    Stores it in --into and prints the path. It is read as data, at the given commit. Rejects
    changes to any other file, pull requests with newer commits, and names that clash with a
    manifest in submissions/. `erasebench validate` checks the manifest itself.

    \b
      erasebench github manifest --pull-request 12 --commit SHA --into build/submitted
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if (number is None) == (before is None):
        raise RequestError("Give either --pull-request or, for a push, --since.")
    opened = season_named(season) if season else None
    if opened is not None and opened.revealed is not None:
        raise RequestError(
            f"Season {season} ended on {opened.closed} and its seeds are public. Set the variable "
            "SEASON to the open season, or remove it."
        )
    github = github_from(os.environ)
    with summary.summarised(summary_file, "Not a submission yet", _ADVICE):
        if number is not None:
            submitted = manifest_in_pull_request(github, number, commit)
        else:
            submitted = manifest_in_push(github, str(before), commit)
        path = submitted.store(folder)
        check_distinct(path.stem, (one.stem for one in SUBMISSIONS.glob("*.yaml")))
        protocol = protocol_named(load_manifest(path).base)
        held = season if opened is not None and protocol.name in opened.protocols else ""
        run = run_folder(path, protocol.digest, held or None)
    facts = {"manifest": str(path), "name": path.stem, "season": held, "run": str(run)}
    if outputs is not None:
        append_lines(outputs, [f"{name}={value}" for name, value in facts.items()])
    show(
        {"path": path, "status": submitted.status, **facts},
        f"{submitted.name} ({submitted.status}), SHA-256 {submitted.digest}",
        path,
        as_json=as_json,
    )


@command.command()
@click.argument(
    "printed", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@_outputs("`reason`")
@click.option(
    "--without",
    "folders",
    type=options.PATH,
    metavar="FOLDER",
    multiple=True,
    help="Remove this folder from paths in the reason; repeat for several.",
)
@options.as_json("Print the same as JSON.")
def reason(
    printed: Path, outputs: Path | None, folders: tuple[Path, ...], *, as_json: bool
) -> None:
    """Print why a workflow step failed.

    FILE is the step's output. The reason is the text after the last `error:` at the start of a line
    and the indented lines below it, joined to one line. It is empty if there is none: the step was
    cancelled or has a bug.

    \b
      erasebench github reason build/output.txt
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    found = failure_reason(printed.read_text(encoding="utf-8", errors="replace"), folders)
    if outputs is not None:
        append_lines(outputs, [f"reason={found}"])
    show({"reason": found}, found, as_json=as_json)


@command.command()
@click.argument("folder", type=options.FOLDER)
@click.option("--commit", required=True, metavar="SHA", help="Commit that is checked out.")
@click.option("--branch", required=True, help="Branch of the pull request; moved if it exists.")
@click.option("--title", required=True, help="Title of the pull request and commit message.")
@click.option(
    "--body",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Text of the pull request, shown as plain text.",
)
@options.as_json("Print the address and the files as JSON.")
def propose(
    folder: Path, commit: str, branch: str, title: str, body: Path | None, *, as_json: bool
) -> None:
    """Open a pull request with the local changes of FOLDER.

    Prints the number of changed files and the address of the pull request.

    \b
      erasebench github propose leaderboard --commit SHA --branch row/x --title "Row: x"
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    written = "" if body is None else body.read_text(encoding="utf-8")
    text = "".join(f"    {line}\n" for line in written.splitlines())
    proposal = propose_folder(
        github_from(os.environ), folder, commit, branch=branch, title=title, body=text
    )
    if proposal is None:
        lines = [f"{folder} is the same as in {commit[:12]}: nothing to propose."]
    else:
        changed, removed = len(proposal.changed), len(proposal.removed)
        lines = [f"{changed} files changed, {removed} removed", proposal.address]
    show(proposal, *lines, as_json=as_json)
