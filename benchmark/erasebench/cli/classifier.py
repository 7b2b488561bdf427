"""`erasebench classifier`: trains, evaluates and converts the latent classifiers for guidance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import click
from tabulate import tabulate

from erasebench.board.format import with_interval
from erasebench.cli import options
from erasebench.cli.output import show, with_path
from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import RequestError
from erasebench.imagenet import Numbering
from erasebench.protocol import Protocol

if TYPE_CHECKING:
    from erasebench.classifier_training.examples import Examples
    from erasebench.classifier_training.metrics import NoiseLevel
    from erasebench.diffusion.pipeline import LoadedPipeline

HELD_OUT_POSITIVES, HELD_OUT_NEGATIVES = 300, 900
"""Drawings on which a classifier is evaluated."""


class _Options(options.DeviceOptions):
    """Options of `train` and `evaluate`: device, threads, and the images."""

    data: str | None
    split: str
    label: str | None
    numbering: Numbering | None


def _images(split: str) -> options.Option:
    """The options in `_Options`."""
    own = (
        options.protocol("Protocol whose base the classifier is for."),
        options.data(" [default: drawings for the bundled base, else ImageNet-1k on the Hub]"),
        click.option("--split", default=split, show_default=True, help="Split of the data set."),
        click.option(
            "--label",
            help="The data set's label for the concept.  [default: its ImageNet-1k label, or the "
            "label with its name]",
        ),
        options.numbering,
        options.compute,
    )

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(own):
            command = option(command)
        return command

    return decorated


@click.group()
def command() -> None:
    """Train, evaluate or convert latent classifiers.

    A latent classifier recognises a concept in a noisy latent of the base. The guidance probes
    follow its gradient. `erasebench evaluate` trains the classifiers that it needs; these commands
    train one in advance, measure one, or convert one that the paper's authors released.

    \b
      erasebench classifier train --concept church
      erasebench classifier evaluate church.safetensors
      erasebench classifier convert church.pt --concept church -o church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)


@command.command()
@click.option(
    "--concept", "concept_name", required=True, help="Concept to recognise; an object, not a style."
)
@_images("train")
@options.seed()
@options.as_json("Print the card as JSON.")
def train(
    concept_name: str, protocol: Protocol, seed: int, *, as_json: bool, **given: Unpack[_Options]
) -> None:
    """Train the classifier of a concept.

    Stores it in the cache, where evaluations find it, and prints its ROC-AUC at ten noise levels
    and its path. If it exists already, nothing is trained. One tenth of the images selects the
    best epoch, and the ROC-AUC is measured on the same tenth; `classifier evaluate` measures it on
    new images. For the bundled base this takes less than 2 min on two CPU cores (1,300 drawings of
    the object, 5,000 others). An interrupted training is resumed.

    \b
      erasebench classifier train --concept church
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    concept = _object(protocol, concept_name)

    # Loads torch, so only after the options have been checked.
    from erasebench.classifier_training.classifier_cache import stored_classifier

    examples = _examples(protocol, concept, given, held_out=False)
    recipe = replace(protocol.classifier, seed=seed)
    stored = stored_classifier(protocol, _pipeline(protocol, given), examples, recipe=recipe)
    show(
        with_path(stored.path, stored.card),
        _table(stored.card.roc_auc),
        f"\nBest epoch: {stored.card.best_epoch} of {len(stored.card.losses)}",
        stored.path,
        as_json=as_json,
    )


@command.command()
@click.argument("classifier", type=options.FILE)
@_images("validation")
@options.seed("Random seed of the noise.")
@options.as_json("Print the ROC-AUC as JSON.")
def evaluate(
    classifier: Path, protocol: Protocol, seed: int, *, as_json: bool, **given: Unpack[_Options]
) -> None:
    """Evaluate a classifier on new images.

    Prints the ROC-AUC at ten noise levels: 1 is perfect, 0.5 is chance. For the bundled base, new
    drawings are made.

    \b
      erasebench classifier evaluate church.safetensors
    """  # noqa: D301  (click keeps the lines after this mark as they are)
    # Loads torch, so only after the options have been checked.
    from erasebench.classifier_training.latent_views import encode
    from erasebench.classifier_training.metrics import measure
    from erasebench.classifier_training.training import seeded
    from erasebench.diffusion.latent_classifier_file import load_latent_classifier
    from erasebench.submission.pin import known_tensors

    pipeline = _pipeline(protocol, given)
    loaded, header = load_latent_classifier(classifier, pipeline, known_tensors(protocol.base))
    concept = _object(protocol, header.concept)
    examples = _examples(protocol, concept, given, held_out=True)
    levels = measure(loaded, encode(examples, pipeline), seeded(seed, "evaluation"))
    show(
        {
            "path": classifier,
            "concept": concept.name,
            "pictures": dict(examples.recipe),
            "roc_auc": levels,
        },
        _table(levels),
        f"\n{concept.name}: {examples.positives} images of it, {examples.negatives} others",
        classifier,
        as_json=as_json,
    )


@command.command()
@click.argument("released", type=options.FILE)
@click.option(
    "--concept",
    "concept_name",
    required=True,
    type=click.Choice([name for name, one in CONCEPTS.items() if one.kind == "object"]),
    metavar="CONCEPT",
    help="Concept that it recognises; the file does not contain it.",
)
@options.output("Safetensors file to write.", required=True)
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
    show(with_path(output, header), output, as_json=as_json)


def _object(protocol: Protocol, name: str) -> Concept:
    concept = protocol.concept(name)
    if concept.kind != "object":
        raise RequestError(
            f"{name} is a style; latent classifiers exist for objects only. Choose an object with "
            "--concept; `erasebench list concepts` shows them."
        )
    return concept


def _pipeline(protocol: Protocol, given: _Options) -> LoadedPipeline:
    import torch

    from erasebench.diffusion.device import device_named
    from erasebench.diffusion.pipeline import load_base

    if given["threads"] is not None:
        torch.set_num_threads(given["threads"])
    return load_base(protocol, device_named(given["device"]))


def _examples(protocol: Protocol, concept: Concept, given: _Options, *, held_out: bool) -> Examples:
    """Photographs if a data set is given or the protocol uses them, drawings otherwise."""
    data = given["data"] or protocol.photographs
    if data is not None:
        from erasebench.classifier_training.data_set import open_data_set
        from erasebench.classifier_training.datasets_download import fetch_data_set
        from erasebench.classifier_training.photo_examples import photographed_examples

        opened = open_data_set(fetch_data_set(data), given["split"], given["numbering"])
        return photographed_examples(concept, protocol.image_size, opened, given["label"])

    from erasebench.classifier_training.examples import drawn_examples

    recipe = protocol.classifier
    counts = (recipe.positives, recipe.negatives)
    if held_out:
        counts = (HELD_OUT_POSITIVES, HELD_OUT_NEGATIVES)
    return drawn_examples(concept, protocol.image_size, *counts, held_out=held_out)


def _table(levels: Sequence[NoiseLevel]) -> str:
    """A row per noise level, ascending."""
    rows = [
        {
            "timestep": level.timestep,
            "signal": f"{level.signal:.3f}",
            "ROC-AUC [95 %]": with_interval(level.roc_auc),
            "images": level.roc_auc.n,
        }
        for level in levels
    ]
    return tabulate(rows, headers="keys", disable_numparse=True)
