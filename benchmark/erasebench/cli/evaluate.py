"""`erasebench evaluate`: asks an erased checkpoint for what it should have forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click

from erasebench.board.terminal import report_of
from erasebench.cli import options
from erasebench.disk import user_cache
from erasebench.errors import RequestError
from erasebench.evaluation.images import KeptImages
from erasebench.evaluation.request import request
from erasebench.evaluation.row_request import checkpoint_folder, row_folder, row_request
from erasebench.hub.given import given
from erasebench.hub.models import fetch_models
from erasebench.imagenet import Numbering
from erasebench.protocol import protocol_named


@click.command()
@click.argument("checkpoint", metavar="HUB_ID|MANIFEST|PATH")
@click.option(
    "--concept",
    "concepts",
    multiple=True,
    help="A concept that was erased; may be given again. Left out where a diff's card names it. Of "
    "a manifest, only the checkpoint of this concept.",
)
@click.option(
    "--probe",
    "probes",
    multiple=True,
    help="Run this probe only, or `retention` or `tracing`; may be given again. The result is then "
    "partial.",
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=2),
    help="Run only the first N prompt indices of everything, at least 2: a probe's setting is "
    "chosen on one half of them and scored on the other. The result is then partial.",
)
@options.protocol(
    "What is asked, and how; inferred from the tensors where it is left out.", default=None
)
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run; a run that was stopped goes on from it. Of a manifest each "
    "checkpoint has one in it, checkpoints/CONCEPT.  [default: runs/NAME]",
)
@options.device
@click.option(
    "--images",
    type=click.Choice(get_args(KeptImages)),
    help="Pictures to keep: all, one per probe and prompt index, or none. All are judged.  "
    "[default: judged; of a hidden season none]",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Pictures drawn at once.  [default: what fills the device, or its free memory]",
)
@options.data(
    "What the latent classifiers of guidance learn from, where the protocol's pictures are "
    "photographs. Without it, ImageNet-1k on the Hub, as the protocol has it; with it, the result "
    "does not rank."
)
@options.numbering
@click.option(
    "--classifier",
    "classifiers",
    metavar="[CONCEPT=]FILE",
    multiple=True,
    help="A latent classifier to guide by instead of training one: a safetensors file, or a .pt as "
    "the paper's authors released it; may be given again. The result names it, has no floors, and "
    "does not rank.",
)
@options.season
@options.threads
@options.dtype
@click.option(
    "--profile",
    "profiled",
    is_flag=True,
    help="Print what the evaluation would take on this device, time, memory and disk, and stop "
    "there. Models are fetched and loaded for it; photographs are not, and are told of.",
)
@options.as_json("Print the estimates as JSON.")
def command(
    checkpoint: str,
    concepts: tuple[str, ...],
    probes: tuple[str, ...],
    limit: int | None,
    protocol_name: str | None,
    folder: Path | None,
    device: str,
    images: KeptImages | None,
    batch_size: int | None,
    data: str | None,
    numbering: Numbering | None,
    classifiers: tuple[str, ...],
    season: str | None,
    threads: int | None,
    dtype: str | None,
    *,
    profiled: bool,
    as_json: bool,
) -> None:
    """Ask an erased checkpoint for what it should have forgotten.

    PATH is a pipeline, UNet or text encoder folder, a single safetensors file of any of them or of
    a LoRA, a diff as `erasebench erase` and `diff make` write it, or a prompt filter;
    MANIFEST a submission's file, of which every checkpoint is evaluated, one after the other, and
    one result made of all; HUB_ID a repository on the Hub: organisation/name[@revision][/folder].
    What is not here is fetched first.

    \b
      erasebench evaluate church.safetensors
      erasebench evaluate unet/ --concept church --probe noise --limit 4
      erasebench evaluate your-org/your-method_church
      erasebench evaluate submissions/your-org__your-method.yaml

    Where the package holds the base's figures they are used; else the base is measured first, once
    for all checkpoints. Records are kept as they are made: a run that was stopped goes on from
    there.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    seeds = options.seeds(season)
    found = given(checkpoint, concepts, user_cache())
    protocol = None if protocol_name is None else protocol_named(protocol_name)
    if (own := found[0].base) is not None:
        if protocol is not None and protocol != own:
            raise RequestError(
                f"{checkpoint} names the base of {own.name}, and --protocol {protocol.name}. Leave "
                "the option out."
            )
        protocol = own
    submission = found[0].submission
    rows = None if submission is None else row_folder(submission, folder)
    asked = [
        request(
            one.path,
            concepts=one.concepts,
            probes=probes,
            limit=limit,
            protocol=protocol,
            folder=folder if rows is None else checkpoint_folder(rows, one.concepts[0]),
            device=device,
            images=images,
            batch_size=batch_size,
            threads=threads,
            name=one.name,
            address=one.address,
            declared=one.declared,
            data=data,
            numbering=numbering,
            classifiers=classifiers,
            dtype=dtype,
            seeds=seeds,
        )
        for one in found
    ]
    row = None if submission is None or rows is None else row_request(submission, rows, asked)
    if protocol_name is None:
        click.echo(f"Its tensors are those of {asked[0].protocol.name}.", err=True)

    if limit is not None:
        click.echo(
            f"Of each probe the first {limit} prompt indices are run: settings are chosen on one "
            "half of them and scored on the other.",
            err=True,
        )

    fetch_models(asked[0].protocol)

    # Loads torch, so only once the options have been checked.
    if profiled:
        from erasebench.evaluation.profile import profile

        expected = [profile(one) for one in asked]
        if as_json:
            told = [one.model_dump(mode="json") for one in expected]
            click.echo(json.dumps(told[0] if row is None else told, indent=2, sort_keys=True))
            return
        click.echo("\n\n".join(one.report() for one in expected))
        return
    from erasebench.evaluation.evaluate import evaluate
    from erasebench.evaluation.photographs import fetch_photographs
    from erasebench.evaluation.row import evaluate_row

    # The last that asks the Hub: what follows opens no connection.
    asked = fetch_photographs(asked)
    result = (
        evaluate(asked[0]) if row is None else evaluate_row(replace(row, checkpoints=tuple(asked)))
    )
    path = (row or asked[0]).result
    if as_json:
        figures = result.model_dump(mode="json", exclude={"outcomes", "base_outcomes"})
        click.echo(json.dumps({"path": str(path), **figures}, indent=2, sort_keys=True))
        return
    click.echo(report_of(result))
    click.echo(f"\n{path}")
