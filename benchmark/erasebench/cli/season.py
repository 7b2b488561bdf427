"""`erasebench season`: opens seasons of hidden seeds and reveals them."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

from erasebench.cli import options
from erasebench.cli.output import show, with_path
from erasebench.disk import create_private_file
from erasebench.errors import ErasebenchError
from erasebench.protocol import protocol_named
from erasebench.protocol.seeds import (
    open_season,
    reveal_season,
    season_path,
    seasonal_protocols,
    write_season,
)

_into = click.option(
    "--into",
    "folder",
    type=options.FOLDER,
    help="Folder of all seasons.  [default: in the package]",
)


@click.group()
def command() -> None:
    """Open a season of hidden seeds, or reveal them.

    \b
      erasebench season new 2027-spring -o secret.txt
      erasebench season reveal 2027-spring --secret secret.txt

    All seeds of a season are derived from a secret of 256 random bits, so submissions cannot be
    trained for them. Only the secret's digest is published, in a committed file. After the secret
    is revealed, anyone can check it against the digest and regenerate every image.
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.argument("name")
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    default=seasonal_protocols(),
    show_default=True,
    metavar="NAME",
    help="Protocol of the season; repeat for several.",
)
@options.output("New file for the secret, readable only by you.  [default: print it to stdout]")
@_into
@options.as_json("Print path and digest as JSON, with the secret or the path of its file.")
def new(
    name: str,
    protocols: tuple[str, ...],
    output: Path | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Open a season: create its secret and the file with the digest.

    Prints the path of the file, on stderr if the secret goes to stdout. Commit the file before the
    first evaluation. NAME is a year and words, e.g. 2027-spring. A lost secret cannot be restored;
    open another season instead.

    \b
      erasebench season new 2027-spring -o secret.txt
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    held = [protocol_named(one).name for one in protocols]
    season, secret = open_season(name, held, options.today(), folder)
    if output is not None:
        create_private_file(output, f"{secret}\n".encode())
    try:
        path = write_season(season, folder)
    except ErasebenchError:
        # A secret without a season would block the next attempt.
        if output is not None:
            output.unlink()
        raise
    place = {"secret": secret} if output is None else {"secret_file": output}
    show(
        {"path": path, "digest": season.digest, **place},
        secret if output is None else path,
        as_json=as_json,
    )
    if output is None and not as_json:
        click.echo(path, err=True)


@command.command()
@click.argument("name")
@click.option(
    "--secret",
    type=click.File("r"),
    required=True,
    metavar="FILE",
    help="File with the secret; - for stdin.",
)
@_into
@options.as_json("Print the path and the season as JSON.")
def reveal(name: str, secret: TextIO, folder: Path | None, *, as_json: bool) -> None:
    """Reveal the secret of a season that is over.

    Checks it against the digest, adds it to the season's file and prints the path. Commit the file;
    then anyone can regenerate the images with `erasebench evaluate … --season NAME`.

    \b
      erasebench season reveal 2027-spring --secret secret.txt
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    season = reveal_season(name, secret.read().strip(), options.today(), folder)
    write_season(season, folder)
    path = season_path(name, folder)
    show(with_path(path, season), path, as_json=as_json)
