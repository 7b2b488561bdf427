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
from erasebench.hub.manifest_file import load_manifest
from erasebench.hub.validate import validate

_ADVICE = """\
Put right what is listed, run `erasebench validate` on the file, and push to the same branch: this
check runs again by itself. What a manifest holds is told in `site/docs/submitting.md`."""

_NEXT = """\
Nothing more is to be done by you. A maintainer looks at the manifest and merges it; then the
checkpoints are fetched and evaluated, and the row is put up by a pull request that names you."""


@click.command()
@click.argument(
    "paths", metavar="MANIFEST...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@click.option(
    "--pass-templates",
    is_flag=True,
    help="Name manifests whose checkpoints are unpinned, and pass them over.",
)
@summary.option
@options.as_json("Print what was checked as JSON.")
def command(
    paths: tuple[Path, ...], summary_file: Path | None, *, pass_templates: bool, as_json: bool
) -> None:
    """Check manifests as a pull request does.

    The file itself; that each commit is there, with the files and digests that the manifest names;
    and, by the headers of these files, that they are an edit of the base. No weights are fetched.
    Of several manifests each is checked, whatever the others hold.

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
    """The manifests that name commits; the others are named to whoever asked."""
    pinned = []
    for path in paths:
        if unpinned := load_manifest(path).unpinned:
            click.echo(f"{path} is a template: {len(unpinned)} of it unpinned.", err=True)
        else:
            pinned.append(path)
    return tuple(pinned)
