"""`erasebench season`: hidden seeds, promised at the beginning and told at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import click

from erasebench.cli import options

from erasebench.disk import create_private_file
from erasebench.errors import ErasebenchError
from erasebench.protocol import protocol_named
from erasebench.protocol.season import (
    SEASONAL,
    open_season,
    reveal_season,
    season_path,
    write_season,
)

_into = click.option(
    "--into",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of all seasons.  [default: the package's]",
)


@click.group()
def command() -> None:
    """Open a season of hidden seeds, or tell them when it is over.

    \b
      erasebench season new 2027-spring -o secret.txt
      erasebench season reveal 2027-spring --secret secret.txt

    What is published of a season is one file, which is committed: its name, and a digest of a
    secret of 256 random bits, from which every seed is made. Nobody can train for seeds that
    nobody knows; and when the secret is told, everybody can see that it is the one that was
    promised, and draw every picture again.
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("name")
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    default=tuple(sorted(SEASONAL)),
    show_default=True,
    help="A protocol that it is held under; may be given again.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the secret, which nobody but you may read; it must not be there yet.  "
    "[default: stdout, and nowhere else]",
)
@_into
@options.as_json("Print the path and the digest as JSON, and the secret where it has no file.")
def new(
    name: str,
    protocols: tuple[str, ...],
    output: Path | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make the secret of a season, and the file with its digest.

    NAME is a year and a word or more, such as 2027-spring. The file is to be committed before
    anything is evaluated with the secret; its path is printed last, on stderr where stdout has the
    secret. A secret that is lost cannot be made again: open another season.
    """
    held = [protocol_named(one).name for one in protocols]
    season, secret = open_season(name, held, options.today(), folder)
    if output is not None:
        create_private_file(output, f"{secret}\n".encode())
    try:
        path = write_season(season, folder)
    except ErasebenchError:
        # A secret that belongs to no season would only be in the way of the next attempt.
        if output is not None:
            output.unlink()
        raise
    if as_json:
        facts = {"path": str(path), "digest": season.digest}
        told = {"secret": secret} if output is None else {"secret_file": str(output)}
        click.echo(json.dumps(facts | told, indent=2))
        return
    if output is None:
        click.echo(secret)
    click.echo(path, err=output is None)


@command.command()
@click.argument("name")
@click.option(
    "--secret",
    type=click.File("r"),
    required=True,
    metavar="FILE",
    help="The file that holds it; - for stdin.",
)
@_into
@options.as_json("Print the path and what is published as JSON.")
def reveal(name: str, secret: TextIO, folder: Path | None, *, as_json: bool) -> None:
    """Tell the secret of a season that is over, in the file with its digest.

    It must be the one that the digest was made of. When the file is committed, anybody can draw
    the season's pictures again: `erasebench evaluate … --season NAME`.
    """
    season = reveal_season(name, secret.read().strip(), options.today(), folder)
    write_season(season, folder)
    path = season_path(name, folder)
    if as_json:
        click.echo(json.dumps({"path": str(path), **season.model_dump(mode="json")}, indent=2))
        return
    click.echo(path)
