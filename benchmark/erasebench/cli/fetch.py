"""`erasebench fetch`: brings a submission's files into the cache."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.hub.given import fetched
from erasebench.hub.manifest_file import SUFFIXES, load_pinned_manifest, protocol_of
from erasebench.hub.models import fetch_models
from erasebench.protocol import Protocol, protocol_named


@click.command()
@click.argument("text", metavar="MANIFEST|HUB_ID", required=False)
@click.option(
    "--concept",
    "concepts",
    multiple=True,
    help="Of a manifest, only the checkpoint of this concept; may be given again.",
)
@options.protocol(
    "Fetch the models of this protocol: base, judges and CLIP. A manifest names its own.",
    default=None,
)
@click.option(
    "--photographs",
    is_flag=True,
    help="Fetch also the photographs that the protocol's latent classifiers learn from, whole.",
)
@options.as_json("Print paths and addresses as JSON.")
def command(
    text: str | None,
    concepts: tuple[str, ...],
    protocol_name: str | None,
    *,
    photographs: bool,
    as_json: bool,
) -> None:
    """Bring a submission and its protocol's models into the cache, for runs without a network.

    Fetched are the files that the manifest names, or of a HUB_ID (organisation/name, with
    @revision and /folder where they are needed) the safetensors that make the checkpoint. Each is
    checked against its digest. A fetch that was broken off goes on with the next file. No model is
    loaded. Gated and private repositories want a token, as `hf auth login` keeps it. With
    --protocol, or for a manifest's base, the protocol's own models are fetched too: those of
    sd14-v1 have 5 GB. With --photographs also what its latent classifiers learn from: all of
    ImageNet-1k, for which the token's owner must have accepted its conditions, and which lies where
    the datasets library keeps it (HF_HOME). A run without a network that guides needs it.

    \b
      erasebench fetch --protocol sd14-v1 --photographs
      erasebench fetch submissions/your-org__your-method.yaml
      HF_HUB_OFFLINE=1 erasebench evaluate submissions/your-org__your-method.yaml --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if text is None and protocol_name is None:
        raise click.UsageError("Name what is fetched: a MANIFEST, a HUB_ID or --protocol.")
    if text is None and concepts:
        raise RequestError(
            "--concept chooses of a submission's checkpoints, and no submission is named. Name "
            "one, or leave the option out."
        )
    protocol = None if protocol_name is None else protocol_named(protocol_name)
    if text is not None and text.endswith(SUFFIXES):
        named = protocol_of(Path(text), load_pinned_manifest(Path(text)))
        if protocol is not None and protocol != named:
            raise RequestError(
                f"{text} names the base of {named.name}, and --protocol {protocol.name}. Leave the "
                "option out."
            )
        protocol = named
    if photographs and protocol is None:
        raise RequestError(
            "--photographs fetches what a protocol's latent classifiers learn from, and no "
            "protocol is named. Name one with --protocol, or a manifest."
        )
    models = () if protocol is None else fetch_models(protocol)
    found = () if text is None else fetched(text, concepts, user_cache())
    pictures = None if protocol is None else _photographs(protocol, fetch=photographs)
    if as_json:
        facts = [
            {"path": str(one.path), "address": one.address, "concepts": one.concepts}
            for one in found
        ]
        pinned = [{"path": str(pin.folder), "address": pin.address} for pin in models]
        content = {"models": pinned, "photographs": pictures, "checkpoints": facts}
        click.echo(json.dumps(content, indent=2))
        return
    for pin in models:
        click.echo(pin.address)
        click.echo(str(pin.folder))
    if pictures is not None:
        click.echo(pictures)
    for one in found:
        click.echo(f"{', '.join(one.concepts) or 'no concept named'}: {one.address}")
        click.echo(str(one.path))


def _photographs(protocol: Protocol, *, fetch: bool) -> str | None:
    """Fetches what a protocol's classifiers learn from, or says that it is needed as well.

    Returns:
        Its address, where it was fetched.
    """
    if protocol.photographs is None:
        if fetch:
            click.echo(f"{protocol.name} draws its pictures: no photographs are needed.", err=True)
        return None
    if not fetch:
        click.echo(
            f"The latent classifiers of {protocol.name} learn from the photographs of "
            f"{protocol.photographs}, which are not fetched without --photographs. A run without a "
            "network that guides needs them too, or --data, or --classifier.",
            err=True,
        )
        return None

    # The library takes seconds to import.
    from erasebench.classifier_training.data_set import TRAINING, open_data_set
    from erasebench.classifier_training.fetched import fetch_data_set

    return open_data_set(fetch_data_set(protocol.photographs), TRAINING).name
