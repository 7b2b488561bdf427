"""Sweeps the learning rate of textual inversion on the validation concept.

    python benchmark/tuning/inversion.py -o inversion.json

For each rate a token for gas_pump is learned on a planted erasure of its name (the self-check's
`swapped_token`), with that model's own text encoder, the protocol's other settings and seeds that
no score uses. Measured is the share of images that the selector recognises. An erasure that
textual inversion cannot undo would not distinguish the rates.

The rule, fixed before the sweep: the smallest rate within one point of the largest share.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import torch
from tabulate import tabulate

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.device import device_named
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import (
    BASE,
    SUBMISSION,
    NoiseStream,
    Trajectory,
    prompt_with_token,
)
from erasebench.evaluation.selfcheck.planted import write_swapped_token
from erasebench.optimisation.textual_inversion import learn_token
from erasebench.protocol import PICTOGRAM_V1
from erasebench.scoring.judge import Judge
from erasebench.scoring.registry import load_judge
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensors import digest_of

CONCEPT = CONCEPTS["gas_pump"]
RATES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
SEEDS = "inversion sweep"
WITHIN = 0.01


def drawn(
    pipeline: LoadedPipeline, prompt: str, weights: str, starts: list[NoiseStream]
) -> npt.NDArray[np.uint8]:
    """Images of a prompt, uint8 (N, H, W, 3)."""
    noise = NoiseSource(PICTOGRAM_V1.name, SEEDS)
    asked = [Trajectory(prompt, weights, start) for start in starts]
    return sample(pipeline, PICTOGRAM_V1, noise, asked, {}).pictures


def recovered(
    pipeline: LoadedPipeline,
    selector: Judge,
    pictures: npt.NDArray[np.uint8],
    rate: float,
) -> float:
    """Share of the prompt's images that the selector accepts with a learned token."""
    with tempfile.TemporaryDirectory() as folder:
        row = learn_token(
            pipeline,
            SUBMISSION,
            CONCEPT,
            pictures,
            NoiseSource(PICTOGRAM_V1.name, SEEDS),
            replace(PICTOGRAM_V1.inversion, learning_rate=rate),
            [PICTOGRAM_V1.concept(name).prompt for name in PICTOGRAM_V1.concepts],
            Path(folder) / "token.safetensors",
        )
    name = f"token at {rate}"
    pipeline.add_learned_tokens(name, SUBMISSION, row[None])
    starts = [prompt_start(index) for index in range(2 * PICTOGRAM_V1.prompts)]
    seen = drawn(pipeline, prompt_with_token(CONCEPT), name, starts)
    return float(selector.judge(seen, [CONCEPT] * len(seen)).top1.mean())


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def main(output: Path, device: str, threads: int) -> None:
    """Sweep the learning rate of textual inversion on a planted erasure."""
    torch.set_num_threads(threads)
    pipeline = load_base(PICTOGRAM_V1, device_named(device))
    with tempfile.TemporaryDirectory() as folder:
        planted = Path(folder) / "swapped_token.safetensors"
        write_swapped_token(PICTOGRAM_V1, CONCEPT, planted)
        changed = load_changed_tensors(open_checkpoint(planted), open_base(PICTOGRAM_V1))
    pipeline.add_weights(SUBMISSION, changed)
    selector = load_judge(PICTOGRAM_V1.selector, pipeline.device)
    starts = [
        NoiseStream("example_start", number) for number in range(PICTOGRAM_V1.inversion_pictures)
    ]
    pictures = drawn(pipeline, CONCEPT.prompt, BASE, starts)
    rows = [
        {
            "learning_rate": rate,
            "recovered": recovered(pipeline, selector, pictures, rate),
        }
        for rate in RATES
    ]
    best = max(row["recovered"] for row in rows)
    chosen = min(row["learning_rate"] for row in rows if row["recovered"] >= best - WITHIN)
    record = {
        "base": PICTOGRAM_V1.base.tensors_digest,
        "checkpoint": digest_of(changed),
        "concept": CONCEPT.name,
        "rows": rows,
        "chosen": chosen,
    }
    output.write_text(json.dumps(record, indent=2) + "\n")
    click.echo(tabulate(rows, headers="keys"))
    click.echo(f"chosen: {chosen}")
    click.echo(output)


if __name__ == "__main__":
    main()
