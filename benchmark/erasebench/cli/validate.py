"""`erasebench validate`: checks manifests as a pull request does."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.cli import options, summary
from erasebench.disk import user_cache
from erasebench.errors import ErasebenchError
from erasebench.exits import EXPECTED_FAILURE
from erasebench.hub.validate import validate
from erasebench.manifest.manifest_file import load_manifest

_ADVICE = """\
Fix the listed faults, run `erasebench validate` on the file, and push to the same branch; this
check then runs again. `site/docs/submitting.md` describes manifests."""

_NEXT = """\
You do not need to do anything else. A maintainer reviews and merges the manifest. Then the
checkpoints are evaluated, and a pull request that mentions you adds the entry."""


@click.command()
@click.argument("paths", metavar="MANIFEST...", type=options.PATH, nargs=-1, required=True)
@click.option(
    "--pass-templates",
    is_flag=True,
    help="Skip manifests with unpinned checkpoints, and list them.",
)
@summary.option
@options.as_json("Print the checkpoints as JSON.")
def command(
    paths: tuple[Path, ...], summary_file: Path | None, *, pass_templates: bool, as_json: bool
) -> None:
    """Validate manifests before a pull request.

    Checks that the file is valid, that each commit on the Hub has the listed files and digests, and
    that the tensors fit the base, by the headers of these files. No weights are downloaded. Prints
    a table of the checkpoints, or every fault with its line.

    \b
      erasebench validate submissions/your-org__your-method.yaml
      erasebench validate --pass-templates submissions/*.yaml
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    wanted = _without_templates(paths) if pass_templates else paths
    found: list[dict[str, object]] = []
    for path in wanted:
        try:
            with summary.summarised(summary_file, "Not valid yet", _ADVICE):
                checked = [asdict(one) for one in validate(path, user_cache())]
        except ErasebenchError as error:
            if len(wanted) == 1:
                raise
            click.echo(f"error: {error}", err=True)
            continue
        found.append({"path": str(path), "checkpoints": checked})
        table = tabulate(checked, headers="keys")
        summary.summarise(summary_file, f"{path.name} is valid", table, _NEXT)
        if not as_json:
            click.echo(f"{table}\n\n{path}")
    if as_json:
        click.echo(json.dumps(found[0] if len(paths) == 1 and found else found, indent=2))
    if len(found) < len(wanted):
        raise click.exceptions.Exit(EXPECTED_FAILURE)


def _without_templates(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The manifests with pinned checkpoints; the others are listed on stderr."""
    pinned = []
    for path in paths:
        if unpinned := load_manifest(path).unpinned:
            click.echo(
                f"{path} is a template ({len(unpinned)} checkpoints unpinned): skipped.", err=True
            )
        else:
            pinned.append(path)
    return tuple(pinned)
