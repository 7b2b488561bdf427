"""`erasebench classifier`: trains, evaluates and converts the latent classifiers for guidance."""

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
    from erasebench.classifier_training.metrics import NoiseLevel
    from erasebench.diffusion.pipeline import LoadedPipeline

FILE = click.Path(path_type=Path, dir_okay=False)

HELD_OUT_POSITIVES, HELD_OUT_NEGATIVES = 300, 900
"""Drawings on which a classifier is evaluated."""

_data = options.data(" [default: drawings for the bundled base, else ImageNet-1k on the Hub]")
_label = click.option(
    "--label",
    help="The data set's label for the concept.  [default: its ImageNet-1k label, or the label "
    "with its name]",
)


def _split(default: str) -> Callable[..., Any]:
    return click.option(
        "--split", default=default, show_default=True, help="Split of the data set."
    )


@click.group()
def command() -> None:
    """Train, evaluate or convert latent classifiers.

    A latent classifier recognises a concept in a noisy latent of the base. The guidance probes
    follow its gradient. `evaluate` trains the classifiers that it needs; these commands train one
    ahead, measure one, or convert one that the paper's authors released.

    \b
      erasebench classifier train --concept church
      erasebench classifier evaluate church.safetensors
      erasebench classifier convert church.pt --concept church -o church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.option(
    "--concept", "concept_name", required=True, help="Concept to recognise; an object, not a style."
)
@options.protocol("Protocol whose base the classifier is for.")
@_data
@_split("train")
@_label
@options.numbering
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed."
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
    """Train the classifier of a concept.

    Stores it in the cache, where evaluations find it, and prints its ROC-AUC at ten noise levels
    and its path. If it exists already, nothing is trained. The ROC-AUC is measured on the tenth of
    the images that selected the epoch, so `classifier evaluate` on new images is the stricter test.
    For the bundled base this takes less than 2 min on two CPU cores (1,300 drawings of the object,
    5,000 others). An interrupted training is resumed.

    \b
      erasebench classifier train --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    protocol = protocol_named(protocol_name)
    concept = _object(protocol, concept_name)

    # Loads torch, so only after the options have been checked.
    from erasebench.classifier_training.classifier_cache import stored_classifier

    examples = _examples(protocol, concept, data, split, label, numbering, held_out=False)
    pipeline = _pipeline(protocol, device, threads)
    recipe = replace(protocol.classifier, seed=seed)
    stored = stored_classifier(protocol, pipeline, examples, recipe=recipe)
    if as_json:
        click.echo(_as_json(path=str(stored.path), **stored.card.model_dump()))
        return
    click.echo(_table(stored.card.roc_auc))
    click.echo(f"\nBest epoch: {stored.card.best_epoch} of {len(stored.card.losses)}")
    click.echo(stored.path)


@command.command()
@click.argument("classifier", type=FILE)
@options.protocol("Protocol whose base the classifier is for.")
@_data
@_split("validation")
@_label
@options.numbering
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Random seed of the noise.",
)
@options.device
@options.threads
@options.as_json("Print the ROC-AUC as JSON.")
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
    """Evaluate a classifier on new images.

    Prints the ROC-AUC at ten noise levels: 1 is perfect, 0.5 is chance. For the bundled base, new
    drawings are made.

    \b
      erasebench classifier evaluate church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    protocol = protocol_named(protocol_name)

    # Loads torch, so only after the options have been checked.
    from erasebench.classifier_training.latent_views import encode
    from erasebench.classifier_training.metrics import measure
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
    click.echo(f"\n{concept.name}: {examples.positives} images of it, {examples.negatives} others")
    click.echo(classifier)


@command.command()
@click.argument("released", type=FILE)
@click.option(
    "--concept",
    "concept_name",
    required=True,
    type=click.Choice([name for name, one in CONCEPTS.items() if one.kind == "object"]),
    metavar="CONCEPT",
    help="Concept that it recognises; the file does not contain it.",
)
@click.option("-o", "--output", type=FILE, required=True, help="Safetensors file to write.")
@options.as_json("Print the file's metadata as JSON.")
def convert(released: Path, concept_name: str, output: Path, *, as_json: bool) -> None:
    """Convert a classifier released by the paper's authors.

    Writes a safetensors file for Stable Diffusion 1.4. RELEASED is `<concept>.pt` from the Hub
    repository DiffusionConceptErasure/latent-classifier-<concept>. Such a file is a pickle: only
    tensors and numbers are read, and a file with anything else is rejected.

    \b
      erasebench classifier convert church.pt --concept church -o church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    # Loads torch, so only after the options have been checked.
    from erasebench.diffusion.latent_classifier_file import save_latent_classifier
    from erasebench.diffusion.released_classifier import read_released

    header = save_latent_classifier(output, read_released(released), concept_name, base=None)
    click.echo(_as_json(path=str(output), **header.model_dump()) if as_json else output)


def _object(protocol: Protocol, name: str) -> Concept:
    concept = protocol.concept(name)
    if concept.kind != "object":
        raise RequestError(
            f"{name} is a style; latent classifiers exist for objects only. Choose an object with "
            "--concept; `erasebench list concepts` shows them."
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
    """Photographs if a data set is given or the protocol uses them, drawings otherwise."""
    data = data or protocol.photographs
    if data is not None:
        from erasebench.classifier_training.data_set import open_data_set
        from erasebench.classifier_training.datasets_download import fetch_data_set
        from erasebench.classifier_training.photo_examples import photographed_examples

        opened = open_data_set(fetch_data_set(data), split, numbering)
        return photographed_examples(concept, protocol.image_size, opened, label)

    from erasebench.classifier_training.examples import drawn_examples

    if held_out:
        counts = (HELD_OUT_POSITIVES, HELD_OUT_NEGATIVES)
        return drawn_examples(concept, protocol.image_size, *counts, held_out=True)
    recipe = protocol.classifier
    return drawn_examples(concept, protocol.image_size, recipe.positives, recipe.negatives)


def _table(levels: Sequence[NoiseLevel]) -> str:
    """A row per noise level, ascending."""
    rows = [
        {
            "timestep": level.timestep,
            "signal": f"{level.signal:.3f}",
            "ROC-AUC": f"{level.roc_auc.value:.3f}",
            "95 %": f"[{level.roc_auc.low:.3f}, {level.roc_auc.high:.3f}]",
            "images": level.roc_auc.n,
        }
        for level in levels
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)


def _as_json(**facts: object) -> str:
    return json.dumps(facts, indent=2, sort_keys=True)
