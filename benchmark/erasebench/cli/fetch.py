"""`erasebench fetch`: downloads submissions, models and data sets into the cache."""

from __future__ import annotations

from pathlib import Path

import click

from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.hub.checkpoint_argument import agreed_protocol, fetch_checkpoint_argument
from erasebench.hub.protocol_models import fetch_models
from erasebench.manifest.manifest_file import SUFFIXES, load_pinned_manifest, protocol_of
from erasebench.protocol import Protocol


@click.command()
@click.argument("text", metavar="MANIFEST|HUB_ID", required=False)
@click.option(
    "--concept",
    "concepts",
    multiple=True,
    metavar="NAME",
    help="With a manifest: download only this concept's checkpoint; repeat for several.",
)
@options.protocol(
    "Download the models of this protocol: base, judges and CLIP.  [default: the manifest's]",
    default=None,
)
@click.option(
    "--photographs",
    is_flag=True,
    help="Also download the photographs on which the protocol's latent classifiers are trained.",
)
@options.as_json("Print paths and addresses as JSON.")
def command(
    text: str | None,
    concepts: tuple[str, ...],
    protocol: Protocol | None,
    *,
    photographs: bool,
    as_json: bool,
) -> None:
    """Download a submission and its protocol's models, for offline use.

    Stores the files in the cache and prints where they are. Each file is checked by its digest; an
    interrupted download resumes with the next file. No model is loaded.

    \b
    MANIFEST       all checkpoints of a submission, and the models of its protocol
    HUB_ID         one checkpoint: organisation/name[@revision][/folder]
    --protocol     the protocol's models (sd14-v1: 5 GB)
    --photographs  ImageNet-1k, which sd14-v1 needs for its guidance probes

    Gated and private repositories need a token: run `hf auth login`. For ImageNet-1k, first accept
    its conditions on the Hub; the datasets library stores it (HF_HOME).

    \b
      erasebench fetch --protocol sd14-v1 --photographs
      erasebench fetch submissions/your-org__your-method.yaml
      HF_HUB_OFFLINE=1 erasebench evaluate submissions/your-org__your-method.yaml --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    if text is None and protocol is None:
        raise click.UsageError("Nothing to download. Give a MANIFEST, a HUB_ID or --protocol.")
    if text is None and concepts:
        raise RequestError(
            "--concept selects checkpoints of a submission, but no submission is given. Give a "
            "manifest or a Hub id, or leave out --concept."
        )
    if text is not None and text.endswith(SUFFIXES):
        declared = protocol_of(Path(text), load_pinned_manifest(Path(text)))
        protocol = agreed_protocol(text, declared, protocol)
    if photographs and protocol is None:
        raise RequestError(
            "--photographs downloads the training data of a protocol's latent classifiers, but no "
            "protocol is given. Give --protocol or a manifest."
        )
    models = () if protocol is None else fetch_models(protocol)
    found = () if text is None else fetch_checkpoint_argument(text, concepts, user_cache())
    data = None if protocol is None else _photographs(protocol, fetch=photographs)
    lines: list[object] = []
    for pin in models:
        lines += [pin.address, pin.folder]
    if data is not None:
        lines.append(data)
    for one in found:
        lines += [f"{', '.join(one.concepts) or 'concept unknown'}: {one.address}", one.path]
    facts = {
        "models": [{"path": pin.folder, "address": pin.address} for pin in models],
        "photographs": data,
        "checkpoints": [
            {"path": one.path, "address": one.address, "concepts": one.concepts} for one in found
        ],
    }
    show(facts, *lines, as_json=as_json)


def _photographs(protocol: Protocol, *, fetch: bool) -> str | None:
    """Downloads the training data of latent classifiers, or warns that it is needed as well.

    Returns:
        Its address, if it was downloaded.
    """
    if protocol.photographs is None:
        if fetch:
            click.echo(f"{protocol.name} uses drawings and needs no photographs.", err=True)
        return None
    if not fetch:
        click.echo(
            f"{protocol.photographs} was not downloaded. Offline guidance probes of "
            f"{protocol.name} need it: add --photographs, or evaluate with --data or --classifier.",
            err=True,
        )
        return None

    # The library takes seconds to import.
    from erasebench.classifier_training.data_set import TRAINING, open_data_set
    from erasebench.classifier_training.datasets_download import fetch_data_set

    return open_data_set(fetch_data_set(protocol.photographs), TRAINING).name
