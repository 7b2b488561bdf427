"""`erasebench pin`: writes a manifest for checkpoints on the Hub."""

from __future__ import annotations

from pathlib import Path

import click

from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.disk import user_cache
from erasebench.errors import RequestError, UnwritableError
from erasebench.hub.pin import manifest_path, pin, pin_again
from erasebench.manifest.manifest_file import SUFFIXES, write_manifest
from erasebench.protocol import Protocol


@click.command()
@click.argument("text", metavar="HUB_ID|MANIFEST")
@click.option(
    "--concept",
    "concepts",
    multiple=True,
    metavar="NAME",
    help="Erased concept; repeat for several.  [default: the concept in the repository's name; "
    "with {concept} in HUB_ID, all concepts with such a checkpoint]",
)
@options.protocol(
    "Protocol whose base was edited.  [default: detected from the tensors]", default=None
)
@options.output(
    "File to write.  [default: submissions/ORGANISATION__NAME.yaml, or MANIFEST itself]"
)
@options.as_json("Print the manifest as JSON.")
def command(
    text: str,
    concepts: tuple[str, ...],
    protocol: Protocol | None,
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write a manifest for checkpoints on the Hub.

    Looks up commits, files and digests on the Hub, writes a YAML file and prints its path; fill in
    the marked fields and run `erasebench validate`. No weights are downloaded. HUB_ID is
    organisation/name[@revision][/folder]; {concept} in it stands for every concept with such a
    checkpoint. With MANIFEST, commits and digests are added for the checkpoints that lack them.

    \b
      erasebench pin your-org/your-method_church
      erasebench pin 'your-org/your-method_{concept}'
      erasebench pin submissions/your-org__your-method.yaml
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    cache = user_cache()
    if text.endswith(SUFFIXES):
        if concepts or protocol is not None:
            raise RequestError(
                f"{text} is a manifest with its own concepts and base. Leave out --concept and "
                "--protocol, or change them in the file."
            )
        path = Path(text) if output is None else output
        manifest = pin_again(Path(text), cache)
    else:
        path = manifest_path(text) if output is None else output
        if path.exists():
            raise UnwritableError(path, "It exists already")
        manifest = pin(text, concepts, protocol, cache)
    write_manifest(path, manifest)
    show(
        {"path": path, **manifest.model_dump(mode="json", exclude_defaults=True)},
        *(
            f"{concept}: {source.address} ({source.layout}, {len(source.files)} files)"
            for concept, source in manifest.checkpoints.items()
        ),
        f"\n{path}",
        as_json=as_json,
    )
