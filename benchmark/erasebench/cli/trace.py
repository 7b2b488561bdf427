"""`erasebench trace`: measures a concept between the base and an erased checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.board.terminal import trace_report
from erasebench.cli import options
from erasebench.evaluation.tracing.request import trace_request
from erasebench.protocol import protocol_named


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--along",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of its training checkpoints, written by `erasebench erase --checkpoints`; the "
    "last one must equal CHECKPOINT.  [default: interpolate between base and CHECKPOINT]",
)
@click.option("--concept", help="Erased concept.  [default: read from the diff's card]")
@options.protocol(
    "Protocol with prompts, seeds and judge.  [default: detected from the tensors]", default=None
)
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the trace; an interrupted trace in it is resumed.  [default: traces/NAME]",
)
@options.device
@options.batch_size
@options.threads
@options.as_json("Print the curve as JSON.")
def command(
    checkpoint: Path,
    along: Path | None,
    concept: str | None,
    protocol_name: str | None,
    folder: Path | None,
    device: str,
    batch_size: int | None,
    threads: int | None,
    *,
    as_json: bool,
) -> None:
    """Measure the concept between the base and an erased checkpoint.

    At each point, images are generated with the same prompts and seeds. Prints their distance from
    the original model's images and the recovery rate, and writes the curve to traces/NAME. The
    erasure is abrupt if one step makes up more than half of the change, else smooth. Traces are not
    ranked.

    \b
      erasebench trace church.safetensors
      erasebench erase esd_x --concept church -o church.safetensors --checkpoints 10
      erasebench trace church.safetensors --along church.checkpoints
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    asked = trace_request(
        checkpoint,
        along=along,
        concept=concept,
        protocol=None if protocol_name is None else protocol_named(protocol_name),
        folder=folder,
        device=device,
        batch_size=batch_size,
        threads=threads,
    )

    # Loads torch, so only after the options have been checked.
    from erasebench.evaluation.tracing.trace import trace

    file = trace(asked)
    if as_json:
        figures = file.model_dump(mode="json")
        click.echo(json.dumps({"path": str(asked.path), **figures}, indent=2, sort_keys=True))
        return
    click.echo(trace_report(file))
    click.echo(f"\n{asked.path}")
