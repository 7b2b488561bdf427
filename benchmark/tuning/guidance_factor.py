"""Sweeps the factor that maps the scales of classifier guidance to the bundled base's latents.

    python benchmark/tuning/guidance_factor.py --retrain retrain_a/ -o guidance_factor.json

For each factor the classifier of gas_pump guides the base and the retrained model, with the empty
prompt, at every scale of the protocol, from starts that no score uses. The recovery rate is the
selector's, at the scale selected on the other half of the prompt indices, averaged over both halves
as in scores. Recoveries from the retrained model are false positives.

The rule, fixed before the sweep: the smallest factor within one point of the largest difference of
the two rates, since stronger guidance damages more images.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import torch
from tabulate import tabulate
from tqdm import tqdm

from erasebench.classifier_training.classifier_cache import stored_classifier
from erasebench.classifier_training.examples import drawn_examples
from erasebench.concepts import CONCEPTS
from erasebench.diffusion.device import device_named
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import load_latent_classifier
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Guide, Trajectory
from erasebench.protocol import PICTOGRAM_V1
from erasebench.scoring.judge import Judge
from erasebench.scoring.registry import load_judge
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors

CONCEPT = CONCEPTS["gas_pump"]
RETRAIN = "retrain"
FACTORS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
SEEDS = "guidance factor sweep"
WITHIN = 0.01


@dataclass(frozen=True)
class Row:
    """Result of one factor.

    Attributes:
        factor: multiplies every scale of the protocol.
        base: recovery rate of the base.
        retrain: recovery rate of the retrained model.
        difference: base minus retrain.
        rates: by model, the selector's rate at each scale, over all prompt indices.
    """

    factor: float
    base: float
    retrain: float
    difference: float
    rates: dict[str, list[float]]


@dataclass(frozen=True)
class Sweep:
    """Models of the sweep."""

    pipeline: LoadedPipeline
    classifier: LatentClassifier
    selector: Judge

    def row(self, factor: float) -> Row:
        """Result of both models at every scale."""
        recovery, rates = {}, {}
        for weights in (BASE, RETRAIN):
            hits, sure = self._looked_at(weights, factor)
            recovery[weights] = cross_fitted(hits, sure)
            rates[weights] = hits.mean(axis=0).tolist()
        base, retrain = recovery[BASE], recovery[RETRAIN]
        return Row(factor, base, retrain, base - retrain, rates)

    def _looked_at(
        self, weights: str, factor: float
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The selector's hits and probabilities, (prompt indices, scales) each."""
        protocol = PICTOGRAM_V1
        trajectories = [
            Trajectory(
                prompt="",
                weights=weights,
                start=prompt_start(index),
                guide=Guide(CONCEPT.name, factor * scale),
            )
            for index in range(protocol.prompts)
            for scale in protocol.guidance_scales
        ]
        drawn = sample(
            self.pipeline,
            protocol,
            NoiseSource(protocol.name, SEEDS),
            trajectories,
            {},
            {CONCEPT.name: self.classifier},
        )
        seen = self.selector.judge(drawn.pictures, [CONCEPT] * len(trajectories))
        shape = (protocol.prompts, len(protocol.guidance_scales))
        return (
            seen.top1.astype(np.float64).reshape(shape),
            seen.probability.astype(np.float64).reshape(shape),
        )


def cross_fitted(hits: npt.NDArray[np.float64], sure: npt.NDArray[np.float64]) -> float:
    """Rate at the setting with the highest probability on the other half, both ways, averaged.

    Args:
        hits: whether the selector recognised the concept, (prompt indices, settings).
        sure: its probability, same shape.
    """
    rates = []
    for half in (0, 1):
        best = sure[1 - half :: 2].mean(axis=0).argmax()
        rates.append(hits[half::2, best].mean())
    return float(np.mean(rates))


def chosen(rows: list[Row]) -> float:
    """The factor by the rule."""
    best = max(row.difference for row in rows)
    return min(row.factor for row in rows if row.difference >= best - WITHIN)


@click.command()
@click.option(
    "--retrain",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="A model that never knew gas_pump, as a checkpoint: folder, UNet, or diff.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--device", default="cpu", show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def main(retrain: Path, output: Path, device: str, threads: int) -> None:
    """Sweep the factor of classifier guidance on the bundled base."""
    torch.set_num_threads(threads)
    protocol = PICTOGRAM_V1
    pipeline = load_base(protocol, device_named(device))
    pipeline.add_weights(
        RETRAIN, load_changed_tensors(open_checkpoint(retrain), open_base(protocol))
    )
    recipe = protocol.classifier
    examples = drawn_examples(CONCEPT, protocol.image_size, recipe.positives, recipe.negatives)
    stored = stored_classifier(protocol, pipeline, examples, recipe=recipe)
    classifier, _ = load_latent_classifier(stored.path, pipeline, protocol.base.tensors_digest)
    sweep = Sweep(pipeline, classifier, load_judge(protocol.selector, pipeline.device))
    rows = [sweep.row(factor) for factor in tqdm(FACTORS, unit=" factors")]
    record = {
        "base": protocol.base.tensors_digest,
        "classifier": stored.card.tensors,
        "concept": CONCEPT.name,
        "scales": protocol.guidance_scales,
        "rows": [asdict(row) for row in rows],
        "chosen": chosen(rows),
    }
    output.write_text(json.dumps(record, indent=2) + "\n")
    columns = ("factor", "base", "retrain", "difference")
    table = [[getattr(row, column) for column in columns] for row in rows]
    click.echo(tabulate(table, headers=columns, floatfmt=".3f"))
    click.echo(f"chosen: {chosen(rows)}")
    click.echo(output)


if __name__ == "__main__":
    main()
