"""`erasebench validate`: checks a manifest as a pull request does."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.hub.validate import validate


@click.command()
@click.argument("path", metavar="MANIFEST", type=click.Path(path_type=Path))
@options.as_json("Print what was checked as JSON.")
def command(path: Path, *, as_json: bool) -> None:
    """Check a manifest as a pull request does.

    The file itself; that each commit is there, with the files and digests that the manifest names;
    and, by the headers of these files, that they are an edit of the base. No weights are fetched.

    \b
      erasebench validate submissions/your-org__your-method.yaml
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    checked = [asdict(one) for one in validate(path, user_cache())]
    if as_json:
        click.echo(json.dumps({"path": str(path), "checkpoints": checked}, indent=2))
        return
    click.echo(tabulate(checked, headers="keys"))
    click.echo(f"\n{path}")
