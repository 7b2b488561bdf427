"""`erasebench fetch`: brings a submission's files into the cache."""

from __future__ import annotations

import json

import click

from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.hub.given import fetched


@click.command()
@click.argument("text", metavar="MANIFEST|HUB_ID")
@click.option(
    "--concept",
    "concepts",
    multiple=True,
    help="Of a manifest, only the checkpoint of this concept; may be given again.",
)
@options.as_json("Print paths and addresses as JSON.")
def command(text: str, concepts: tuple[str, ...], *, as_json: bool) -> None:
    """Bring a submission's files into the cache, for runs without a network.

    Fetched are the files that the manifest names, or of a HUB_ID (organisation/name, with
    @revision and /folder where they are needed) the safetensors that make the checkpoint. Each is
    checked against its digest. A fetch that was broken off goes on with the next file. No model is
    loaded. Gated and private repositories want a token, as `hf auth login` keeps it.

    \b
      erasebench fetch submissions/your-org__your-method.yaml
      HF_HUB_OFFLINE=1 erasebench evaluate submissions/your-org__your-method.yaml --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    found = fetched(text, concepts, user_cache())
    if as_json:
        facts = [
            {"path": str(one.path), "address": one.address, "concepts": one.concepts}
            for one in found
        ]
        click.echo(json.dumps(facts, indent=2))
        return
    for one in found:
        click.echo(f"{', '.join(one.concepts) or 'no concept named'}: {one.address}")
        click.echo(str(one.path))
