"""`erasebench trace`: measures a concept between the base and an erased checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from erasebench.board.terminal import trace_report
from erasebench.cli import options
from erasebench.cli.output import show, with_path
from erasebench.evaluation.plan.request import Compute
from erasebench.evaluation.tracing.request import trace_request
from erasebench.protocol import Protocol


@click.command()
@click.argument("checkpoint", type=options.PATH)
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
@options.output(
    "Folder of the trace; an interrupted trace in it is resumed.  [default: traces/NAME]",
    folder=True,
)
@options.batch_size
@options.compute
@options.as_json("Print the curve as JSON.")
def command(
    checkpoint: Path,
    along: Path | None,
    concept: str | None,
    protocol: Protocol | None,
    output: Path | None,
    batch_size: int | None,
    *,
    as_json: bool,
    **compute: Unpack[options.DeviceOptions],
) -> None:
    """Trace how a concept disappears between base and checkpoint.

    Interpolates the weights in steps from the base to CHECKPOINT or, with --along, follows its
    training checkpoints. At each step, images are generated with the same prompts and seeds. Prints
    their distance from the original model's images and the recovery rate, and writes the curve to
    traces/NAME. The erasure is abrupt if one step makes up more than half of the change, else
    smooth. Traces are not ranked.

    \b
      erasebench trace church.safetensors
      erasebench erase esd_x --concept church -o church.safetensors --checkpoints 10
      erasebench trace church.safetensors --along church.checkpoints
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    asked = trace_request(
        checkpoint,
        along=along,
        concept=concept,
        protocol=protocol,
        folder=output,
        compute=Compute(batch_size=batch_size, **compute),
    )

    # Loads torch, so only after the options have been checked.
    from erasebench.evaluation.tracing.trace import trace

    file = trace(asked)
    show(with_path(asked.path, file), trace_report(file), f"\n{asked.path}", as_json=as_json)
