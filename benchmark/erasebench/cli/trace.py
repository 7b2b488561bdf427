"""`erasebench trace`: how a concept leaves on the way from the base to an erased checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erasebench.board.trace_report import trace_report
from erasebench.cli import options
from erasebench.evaluation.trace_request import trace_request
from erasebench.protocol import protocol_named


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--along",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the checkpoints that its training passed, the last equal to CHECKPOINT, as "
    "`erasebench erase --checkpoints` writes it.  [default: mix the base and CHECKPOINT]",
)
@click.option("--concept", help="What was erased.  [default: what a diff's card names]")
@options.protocol(
    "Prompts, seeds and judges; inferred from the tensors where it is left out.", default=None
)
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the trace; one that was stopped goes on from it.  [default: traces/NAME]",
)
@options.device
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Pictures drawn at once.  [default: what fills the device]",
)
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
    """Follow a concept on the way from the base to an erased checkpoint.

    \b
      erasebench trace church.safetensors
      erasebench erase esd_x --concept church -o church.safetensors --checkpoints 10
      erasebench trace church.safetensors --along church.checkpoints

    At every point of the way the concept is asked for from the same start latents; the curve tells
    how far the pictures have moved from the base's, and whether they still show the concept. It is
    abrupt where one step carries more than half of the way, smooth otherwise. Shown, never ranked.
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

    # Loads torch, so only once the options have been checked.
    from erasebench.evaluation.trace import trace

    file = trace(asked)
    if as_json:
        figures = file.model_dump(mode="json")
        click.echo(json.dumps({"path": str(asked.path), **figures}, indent=2, sort_keys=True))
        return
    click.echo(trace_report(file))
    click.echo(f"\n{asked.path}")
