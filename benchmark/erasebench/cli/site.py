"""`erasebench site`: renders result files as web pages."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.board.build import build_site
from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.hub.submissions import SUBMISSIONS, handed_in

FOLDER = click.Path(path_type=Path, file_okay=False)
BOARD = Path("leaderboard")


@click.command()
@options.results
@click.option(
    "--submissions",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the manifests that were handed in, for the list of submissions.  "
    "[default: submissions, where --results is left out]",
)
@click.option(
    "--output", type=FOLDER, default="build/site", show_default=True, help="Where pages go."
)
@options.as_json("Print what was written as JSON.")
def command(
    results: tuple[Path, ...], submissions: Path | None, output: Path, *, as_json: bool
) -> None:
    """Render result files as web pages.

    \b
      erasebench site
      erasebench site --results runs --output build/site

    The pages are static, ask for nothing from elsewhere, and are the same bytes each time.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if submissions is None and results == (BOARD,) and SUBMISSIONS.is_dir():
        submissions = SUBMISSIONS
    manifests = None if submissions is None else handed_in(submissions)
    site = build_site(results, output, manifests=manifests, cache=user_cache())
    for run in site.unended:
        click.echo(
            f"warning: {run}: This run has not ended and is left out; "
            "run the same evaluate command again.",
            err=True,
        )
    if as_json:
        figures = {
            "submissions": site.submissions,
            "files": site.files,
            "unended": [str(run) for run in site.unended],
        }
        click.echo(json.dumps({"path": str(site.index), **figures}, indent=2))
        return
    click.echo(f"{site.submissions} submissions on {site.files} files")
    click.echo(site.index)
