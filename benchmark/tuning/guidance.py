"""Sweeps the guidance scale of the bundled base, which determines the protocol's.

    python benchmark/tuning/guidance.py -o guidance.json

For each scale: share of images that the selector recognises, over the prompts of the eleven
objects, their descriptions and the three styles, from the same starts, which no score uses. The
rule, fixed before the sweep: the smallest scale whose mean over the three is within one point of
the best, since a larger scale reduces variety.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from tabulate import tabulate
from tqdm import tqdm

from erasebench.concepts import OBJECTS, STYLES, Concept
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.protocol import PICTOGRAM_V1
from erasebench.scoring.registry import load_judge

SCALES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5)
SEEDS = "guidance sweep"
BATCH = 48
WITHIN = 0.01


def asked(draws: int) -> dict[str, list[tuple[str, Concept, int]]]:
    """Prompt, target and prompt index of each image, by group."""
    return {
        "objects": [(c.prompt, c, i) for c in OBJECTS for i in range(draws)],
        "descriptions": [(d, c, i) for c in OBJECTS for i, d in enumerate(c.descriptions)],
        "styles": [(c.prompt, c, i) for c in STYLES for i in range(draws)],
    }


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--draws", default=12, show_default=True, help="Starts per concept.")
def main(output: Path, draws: int) -> None:
    """Sweep the guidance scale of the bundled base."""
    device = torch.device("cpu")
    pipeline = load_base(PICTOGRAM_V1, device)
    selector = load_judge(PICTOGRAM_V1.selector, device)
    noise = NoiseSource(PICTOGRAM_V1.name, SEEDS)
    rows = []
    for scale in tqdm(SCALES, unit="scale"):
        protocol = replace(PICTOGRAM_V1, guidance_scale=scale)
        row: dict[str, float] = {"guidance_scale": scale}
        for group, wanted in asked(draws).items():
            hits = []
            for start in range(0, len(wanted), BATCH):
                batch = wanted[start : start + BATCH]
                trajectories = [Trajectory(p, BASE, NoiseStream("start", i)) for p, _, i in batch]
                drawn = sample(pipeline, protocol, noise, trajectories, {}).pictures
                hits.append(selector.judge(drawn, [concept for _, concept, _ in batch]).top1)
            row[group] = float(np.concatenate(hits).mean())
        row["mean"] = float(np.mean([row["objects"], row["descriptions"], row["styles"]]))
        rows.append(row)
    best = max(row["mean"] for row in rows)
    chosen = min(row["guidance_scale"] for row in rows if row["mean"] >= best - WITHIN)
    base = PICTOGRAM_V1.base.tensors_digest
    sweep = {"base": base, "draws": draws, "rows": rows, "chosen": chosen}
    output.write_text(json.dumps(sweep, indent=2) + "\n")
    click.echo(tabulate(rows, headers="keys", floatfmt=".3f"))
    click.echo(f"chosen: {chosen}")
    click.echo(output)


if __name__ == "__main__":
    main()
