"""`erasebench evaluate`: runs the probes on an erased checkpoint and prints its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack, get_args

import click

from erasebench.board.terminal import report_of
from erasebench.cli import options
from erasebench.cli.output import show
from erasebench.evaluation.job import evaluation_job
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.imagenet import Numbering


@click.command()
@click.argument("checkpoint", metavar="PATH|HUB_ID|MANIFEST")
@click.option(
    "--concept",
    "concepts",
    metavar="NAME",
    multiple=True,
    help="Erased concept; repeat for several. With a manifest: evaluate only this concept's "
    "checkpoint.  [default: read from the diff's card]",
)
@click.option(
    "--probe",
    "probes",
    metavar="NAME",
    multiple=True,
    help="Run only this probe; repeat for several. `erasebench list probes` shows their names; "
    "also `retention` (other concepts) and `tracing` (`erasebench trace`). Gives a partial result.",
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=2),
    help="Use only the first N prompt indices of each probe; each is a prompt with its seeds. At "
    "least 2, because settings are selected on one half and scored on the other. Gives a partial "
    "result.",
)
@click.option(
    "--protocol", metavar="NAME", help="Protocol to run.  [default: detected from the tensors]"
)
@options.output(
    "Folder of the run; an interrupted run in it is resumed. With a manifest, each checkpoint has "
    "its own folder in it, checkpoints/CONCEPT.  [default: runs/NAME]",
    folder=True,
)
@click.option(
    "--images",
    type=click.Choice(get_args(KeptImages)),
    help="Images to keep: all; judged, one per probe and prompt index; or none. The judge sees all "
    "images in any case.  [default: judged; none in a hidden season]",
)
@options.batch_size
@options.data(
    "Training data of the latent classifiers for guidance, where the protocol uses photographs.  "
    "[default: ImageNet-1k on the Hub, as the protocol requires; with other data the result is not "
    "ranked]"
)
@options.numbering
@click.option(
    "--classifier",
    "classifiers",
    metavar="[CONCEPT=]FILE",
    multiple=True,
    help="Use this latent classifier for guidance instead of training one: a safetensors file, or "
    "a .pt file released by the paper's authors; repeat for several. The result records it, has no "
    "floors and is not ranked.",
)
@options.season
@options.dtype
@options.compute
@click.option(
    "--profile",
    "profiled",
    is_flag=True,
    help="Print estimated time, memory and disk space on this device, and stop. Downloads and "
    "loads the models. Data sets are listed but not downloaded.",
)
@options.as_json("Print the scores as JSON.")
def command(
    checkpoint: str,
    concepts: tuple[str, ...],
    probes: tuple[str, ...],
    limit: int | None,
    protocol: str | None,
    output: Path | None,
    images: KeptImages | None,
    batch_size: int | None,
    data: str | None,
    numbering: Numbering | None,
    classifiers: tuple[str, ...],
    season: str | None,
    dtype: str | None,
    *,
    profiled: bool,
    as_json: bool,
    **compute: Unpack[options.DeviceOptions],
) -> None:
    """Evaluate an erased checkpoint.

    Runs the probes on it, prints recovery rates and scores, and writes images, records and
    result.json to runs/NAME. An interrupted run resumes with the same command.

    \b
    PATH      a pipeline, UNet or text encoder (folder or safetensors file), a LoRA, a diff
              written by `erasebench erase` or `diff make`, or a prompt filter
    HUB_ID    a Hugging Face Hub repository: organisation/name[@revision][/folder]
    MANIFEST  a submission's YAML file; all its checkpoints are evaluated, with one result

    \b
      erasebench evaluate church.safetensors
      erasebench evaluate unet/ --concept church --probe noise --limit 4
      erasebench evaluate submissions/your-org__your-method.yaml
      erasebench evaluate church.safetensors --json | jq .score.robustness.value.value
      erasebench evaluate church.safetensors --probe noise --limit 4 --json |
        jq '.cells[].probes[] | {probe, rate: .rate.value, n: .rate.n}'

    Missing files are downloaded first. Reference results of the base are used if bundled; otherwise
    the base is evaluated first, once.
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    job = evaluation_job(
        checkpoint,
        concepts=concepts,
        protocol=protocol,
        probes=probes,
        limit=limit,
        output=output,
        images=images,
        batch_size=batch_size,
        dtype=dtype,
        data=data,
        numbering=numbering,
        classifiers=classifiers,
        seeds=options.seeds(season),
        **compute,
    )
    if protocol is None:
        name = job.requests[0].protocol.name
        source = "detected from the tensors" if job.row is None else "named by the manifest"
        click.echo(f"Protocol: {name} ({source}).", err=True)
    if profiled:
        profiles = job.profile()
        reports = "\n\n".join(one.report() for one in profiles)
        show(profiles if job.row else profiles[0], reports, as_json=as_json)
        return
    result = job.run()
    facts = result.model_dump(mode="json", exclude={"outcomes", "base_outcomes"})
    show({"path": job.path, **facts}, report_of(result), job.path, as_json=as_json)
