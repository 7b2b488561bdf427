"""`erasebench pin`: writes a submission's manifest from what is on the Hub."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.errors import RequestError, UnwritableError
from erasebench.hub.manifest_file import SUFFIXES, write_manifest
from erasebench.hub.pin import manifest_path, pin, pin_again
from erasebench.protocol import protocol_named


@click.command()
@click.argument("text", metavar="HUB_ID|MANIFEST")
@click.option(
    "--concept",
    "concepts",
    multiple=True,
    help="A concept that was erased; may be given again.  [default: the one that the name names, "
    "or with {concept} in the name every one that has such a checkpoint]",
)
@options.protocol("Whose base was edited; inferred from the tensors where left out.", default=None)
@click.option(
    "--output",
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write.  [default: submissions/ORGANISATION__NAME.yaml, or the manifest itself]",
)
@options.as_json("Print the manifest as JSON.")
def command(
    text: str,
    concepts: tuple[str, ...],
    protocol_name: str | None,
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write a submission's manifest: commits, files and digests, read from the Hub.

    HUB_ID is organisation/name[@revision][/folder]. A {concept} in it stands for every concept
    that has such a checkpoint. Given a manifest, what is unpinned in it is looked up. No weights
    are fetched.

    \b
      erasebench pin your-org/your-method_church
      erasebench pin 'your-org/your-method_{concept}'
      erasebench pin submissions/your-org__your-method.yaml
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    cache = user_cache()
    if text.endswith(SUFFIXES):
        if concepts or protocol_name is not None:
            raise RequestError(
                f"{text} is a manifest, which names its own concepts and base. Leave out --concept "
                "and --protocol, or change them in the file."
            )
        path = Path(text) if output is None else output
        manifest = pin_again(Path(text), cache)
    else:
        path = manifest_path(text) if output is None else output
        if path.exists():
            raise UnwritableError(path, "It is there already")
        protocol = None if protocol_name is None else protocol_named(protocol_name)
        manifest = pin(text, concepts, protocol, cache)
    write_manifest(path, manifest)
    if as_json:
        content = manifest.model_dump(mode="json", exclude_defaults=True)
        click.echo(json.dumps({"path": str(path), **content}, indent=2))
        return
    for concept, source in manifest.checkpoints.items():
        click.echo(f"{concept}: {source.address} ({source.layout}, {len(source.files)} files)")
    click.echo(f"\n{path}")
