"""`erasebench classifier`: trains, measures and converts the latent classifiers of guidance."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tabulate import tabulate

from erasebench.cli import options
from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import RequestError
from erasebench.imagenet import Numbering
from erasebench.protocol import Protocol, protocol_named

if TYPE_CHECKING:
    from erasebench.classifier_training.examples import Examples
    from erasebench.classifier_training.measurement import NoiseLevel
    from erasebench.diffusion.pipeline import LoadedPipeline

FILE = click.Path(path_type=Path, dir_okay=False)

HELD_OUT_POSITIVES, HELD_OUT_NEGATIVES = 300, 900
"""Drawings that a classifier is measured on."""

_data = options.data(
    "Left out for a bundled base, whose pictures are drawn, and for ImageNet-1k on the Hub."
)
_label = click.option(
    "--label",
    help="The data set's label for the concept.  [default: the one that stands for it in "
    "ImageNet-1k, or bears its name]",
)


def _split(default: str) -> Callable[..., Any]:
    return click.option("--split", default=default, show_default=True, help="Of the data set.")


@click.group()
def command() -> None:
    """Train, measure or convert latent classifiers.

    A latent classifier says whether a noisy latent of the base shows a concept. The guidance
    probes push an erased model towards what it sees; a run trains the one that it needs. These
    commands train one, measure it, and take over those that the paper's authors released.

    \b
      erasebench classifier train --concept church
      erasebench classifier evaluate church.safetensors
      erasebench classifier convert church.pt --concept church -o church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.option("--concept", "concept_name", required=True, help="An object.")
@options.protocol("The protocol whose base it is for.")
@_data
@_split("train")
@_label
@options.numbering
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all randomness."
)
@options.device
@options.threads
@options.as_json("Print the card as JSON.")
def train(
    concept_name: str,
    protocol_name: str,
    data: str | None,
    split: str,
    label: str | None,
    numbering: Numbering | None,
    seed: int,
    device: str,
    threads: int | None,
    *,
    as_json: bool,
) -> None:
    """Train the classifier of a concept, or find it where it was trained before.

    It is kept in the cache. For the bundled base 1,300 drawings of the
    object and 5,000 others are made, in under two minutes on two CPU cores. The card tells how
    well it separates them at ten levels of noise, from the least to the most; it is measured on
    the tenth of the pictures that chose the epoch, so `classifier evaluate` on others is the
    stricter test. A training that was stopped goes on where it stood.
    """
    protocol = protocol_named(protocol_name)
    concept = _object(protocol, concept_name)

    # Loads torch, so only once the options have been checked.
    from erasebench.classifier_training.stored import stored_classifier

    examples = _examples(protocol, concept, data, split, label, numbering, held_out=False)
    pipeline = _pipeline(protocol, device, threads)
    recipe = replace(protocol.classifier, seed=seed)
    stored = stored_classifier(protocol, pipeline, examples, recipe=recipe)
    if as_json:
        click.echo(_as_json(path=str(stored.path), **stored.card.model_dump()))
        return
    click.echo(_table(stored.card.roc_auc))
    click.echo(f"\nepoch {stored.card.best_epoch} of {len(stored.card.losses)} was kept")
    click.echo(stored.path)


@command.command()
@click.argument("classifier", type=FILE)
@options.protocol("The protocol whose base it is for.")
@_data
@_split("validation")
@_label
@options.numbering
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the noise."
)
@options.device
@options.threads
@options.as_json("Print the figures as JSON.")
def evaluate(
    classifier: Path,
    protocol_name: str,
    data: str | None,
    split: str,
    label: str | None,
    numbering: Numbering | None,
    seed: int,
    device: str,
    threads: int | None,
    *,
    as_json: bool,
) -> None:
    """Measure a classifier by level of noise on pictures that it was not trained on.

    ROC-AUC is the share of pairs of a picture of the concept and another in which the first
    scores higher: 1 is perfect, 0.5 is chance. For the bundled base, fresh drawings are made.
    """
    protocol = protocol_named(protocol_name)

    # Loads torch, so only once the options have been checked.
    from erasebench.classifier_training.encoding import encode
    from erasebench.classifier_training.measurement import measure
    from erasebench.classifier_training.training import seeded
    from erasebench.diffusion.latent_classifier_file import load_latent_classifier
    from erasebench.submission.pin import known_tensors

    pipeline = _pipeline(protocol, device, threads)
    loaded, header = load_latent_classifier(classifier, pipeline, known_tensors(protocol.base))
    concept = _object(protocol, header.concept)
    examples = _examples(protocol, concept, data, split, label, numbering, held_out=True)
    levels = measure(loaded, encode(examples, pipeline), seeded(seed, "evaluation"))
    if as_json:
        click.echo(
            _as_json(
                path=str(classifier),
                concept=concept.name,
                pictures=dict(examples.recipe),
                roc_auc=[level.model_dump() for level in levels],
            )
        )
        return
    click.echo(_table(levels))
    click.echo(
        f"\n{concept.name}: {examples.positives} pictures of it and {examples.negatives} others"
    )
    click.echo(classifier)


@command.command()
@click.argument("released", type=FILE)
@click.option(
    "--concept",
    "concept_name",
    required=True,
    type=click.Choice([name for name, one in CONCEPTS.items() if one.kind == "object"]),
    metavar="CONCEPT",
    help="What it recognises; the file does not say.",
)
@click.option("-o", "--output", type=FILE, required=True, help="The safetensors file to write.")
@options.as_json("Print what the file says of itself as JSON.")
def convert(released: Path, concept_name: str, output: Path, *, as_json: bool) -> None:
    """Convert a classifier that the paper's authors released, for Stable Diffusion 1.4.

    RELEASED is a `<concept>.pt` out of DiffusionConceptErasure/latent-classifier-<concept>. It is
    a pickle: tensors and numbers are read from it, and a file that holds more is refused.
    """
    # Loads torch, so only once the options have been checked.
    from erasebench.diffusion.latent_classifier_file import save_latent_classifier
    from erasebench.diffusion.released_classifier import read_released

    header = save_latent_classifier(output, read_released(released), concept_name, base=None)
    click.echo(_as_json(path=str(output), **header.model_dump()) if as_json else output)


def _object(protocol: Protocol, name: str) -> Concept:
    concept = protocol.concept(name)
    if concept.kind != "object":
        raise RequestError(
            f"{name} is a style, and latent classifiers are made of objects alone. "
            "Give --concept an object; `erasebench list concepts` shows them."
        )
    return concept


def _pipeline(protocol: Protocol, device: str, threads: int | None) -> LoadedPipeline:
    import torch

    from erasebench.diffusion.device import device_named
    from erasebench.diffusion.pipeline import load_base

    if threads is not None:
        torch.set_num_threads(threads)
    return load_base(protocol, device_named(device))


def _examples(
    protocol: Protocol,
    concept: Concept,
    data: str | None,
    split: str,
    label: str | None,
    numbering: Numbering | None,
    *,
    held_out: bool,
) -> Examples:
    """Photographs where a data set is given or the base is of them, drawings otherwise."""
    data = data or protocol.photographs
    if data is not None:
        from erasebench.classifier_training.data_set import open_data_set
        from erasebench.classifier_training.fetched import fetch_data_set
        from erasebench.classifier_training.photographed import PhotographedExamples

        opened = open_data_set(fetch_data_set(data), split, numbering)
        return PhotographedExamples(concept, protocol.image_size, opened, label)

    from erasebench.classifier_training.drawn import DrawnExamples

    if held_out:
        counts = (HELD_OUT_POSITIVES, HELD_OUT_NEGATIVES)
        return DrawnExamples(concept, protocol.image_size, *counts, held_out=True)
    recipe = protocol.classifier
    return DrawnExamples(concept, protocol.image_size, recipe.positives, recipe.negatives)


def _table(levels: Sequence[NoiseLevel]) -> str:
    """A row per level of noise, from the least to the most."""
    rows = [
        {
            "timestep": level.timestep,
            "signal": f"{level.signal:.3f}",
            "ROC-AUC": f"{level.roc_auc.value:.3f}",
            "95 %": f"{level.roc_auc.low:.3f}..{level.roc_auc.high:.3f}",
            "pictures": level.roc_auc.n,
        }
        for level in levels
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)


def _as_json(**facts: object) -> str:
    return json.dumps(facts, indent=2, sort_keys=True)
