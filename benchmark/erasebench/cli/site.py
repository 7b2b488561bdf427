"""`erasebench site`: builds the website from result files."""

from __future__ import annotations

from pathlib import Path

import click

from erasebench.board.pages.build import build_site
from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.disk import user_cache
from erasebench.manifest.manifest_file import SUBMISSIONS, submitted_names


@click.command()
@options.results
@click.option(
    "--submissions",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of submitted manifests, for the list of submissions.  [default: submissions, "
    "without --results]",
)
@options.output("Folder for the pages.", default="build/site", folder=True)
@options.as_json("Print a summary as JSON.")
def command(
    results: tuple[Path, ...], submissions: Path | None, output: Path, *, as_json: bool
) -> None:
    """Build the website from result files.

    \b
      erasebench site
      erasebench site --results runs --output build/site

    The pages are static and load nothing from other servers. The same results give the same bytes.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if submissions is None and not results and SUBMISSIONS.is_dir():
        submissions = SUBMISSIONS
    manifests = None if submissions is None else submitted_names(submissions)
    site = build_site(results, output, manifests=manifests, cache=user_cache())
    for run in site.unended:
        click.echo(
            f"warning: {run}: left out, because this run is not finished; run the same evaluate "
            "command again.",
            err=True,
        )
    show(
        {
            "path": site.index,
            "submissions": site.submissions,
            "files": site.files,
            "unended": site.unended,
        },
        f"{site.submissions} submission{'' if site.submissions == 1 else 's'}, {site.files} files",
        site.index,
        as_json=as_json,
    )
