"""Latent classifiers kept once trained, each with a card of its training."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import Field

from erasebench import __version__
from erasebench.classifier_training.examples import Examples, examples_digest
from erasebench.classifier_training.latent_views import encode
from erasebench.classifier_training.metrics import NoiseLevel, measure
from erasebench.classifier_training.training import seeded, split, train
from erasebench.diffusion.latent_classifier_file import save_latent_classifier
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.disk import locked, replace_file, user_cache
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import Protocol
from erasebench.recipes import ClassifierRecipe
from erasebench.submission.pin import known_tensors

CLASSIFIERS = "classifiers"
FILE = "classifier.safetensors"
LATENTS = "latents"
LOCK = "lock"


@dataclass(frozen=True)
class StoredClassifier:
    """A classifier on disk, with its card."""

    path: Path
    card: ClassifierCard


def stored_classifier(
    protocol: Protocol,
    pipeline: LoadedPipeline,
    examples: Examples,
    *,
    recipe: ClassifierRecipe,
    cache: Path | None = None,
) -> StoredClassifier:
    """The classifier for these examples, trained now if it is not there yet.

    A process that was killed leaves what it encoded and trained, and the next one goes on from
    there. Where another process is training the same one, it is waited for.

    Args:
        protocol: names the base.
        pipeline: the base, loaded.
        examples: what it learns from; they name the concept.
        recipe: settings, mostly the protocol's.
        cache: classifiers are kept in its folder `classifiers`; None for the user's cache.

    Raises:
        DiskFullError, UnwritableError: if it cannot be kept.
    """
    cache = (cache or user_cache()) / CLASSIFIERS
    pictures = examples_digest(examples)
    data = _digest(pictures, known_tensors(protocol.base))
    identity = _digest(data, asdict(recipe), __version__)
    name = f"{protocol.name}-{examples.concept.name}-{identity[:16]}"
    path = cache / name / FILE
    with locked(path.parent / LOCK):
        # The card is written last.
        if not card_path(path).exists():
            latents = cache / LATENTS / data[:16]
            card = _make(path, protocol, pipeline, examples, pictures, recipe, latents)
            write_card(path, card)
        return StoredClassifier(path, read_card(path))


def _make(
    path: Path,
    protocol: Protocol,
    pipeline: LoadedPipeline,
    examples: Examples,
    pictures: str,
    recipe: ClassifierRecipe,
    latents: Path,
) -> ClassifierCard:
    """Encodes, trains, saves and measures."""
    started = time.perf_counter()
    with locked(latents / LOCK):
        clean = encode(examples, pipeline, latents)
    parts = split(clean, recipe.validation_share, recipe.seed)
    encoded = time.perf_counter()
    progress = path.with_suffix(".progress")
    alphas = pipeline.schedule(protocol.steps).alphas
    trained = train(parts, alphas, recipe, pipeline.device, progress)
    finished = time.perf_counter()
    header = save_latent_classifier(
        path, trained.classifier, examples.concept.name, known_tensors(protocol.base)
    )
    progress.unlink(missing_ok=True)
    return ClassifierCard(
        protocol=protocol.name,
        base=known_tensors(protocol.base),
        concept=examples.concept.name,
        tensors=header.tensors,
        pictures=dict(examples.recipe),
        pictures_digest=pictures,
        recipe=asdict(recipe),
        training=len(parts.training),
        validation=len(parts.validation),
        losses=trained.losses,
        best_epoch=trained.best_epoch,
        roc_auc=measure(trained.classifier, parts.validation, seeded(recipe.seed, "measurement")),
        seconds={"encoding": encoded - started, "training": finished - encoded},
        erasebench=__version__,
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class ClassifierCard(FrozenModel):
    """What is told of a trained latent classifier, beside its file."""

    protocol: str = Field(description="The protocol whose base it is for.")
    base: str = Field(description="Digest of that base's tensors, hex.")
    concept: str = Field(description="The concept whose probability it gives.")
    tensors: str = Field(description="Digest of its own tensors, hex.")
    pictures: dict[str, str | int] = Field(description="What fixes the examples.")
    pictures_digest: str = Field(description="Digest of the same and of two pictures, hex.")
    recipe: dict[str, float] = Field(description="Settings of the training.")
    training: int = Field(description="Examples that it was trained on.")
    validation: int = Field(description="Others, which chose the epoch.")
    losses: tuple[float, ...] = Field(description="Validation loss after each epoch.")
    best_epoch: int = Field(description="The epoch that was kept, from 1.")
    roc_auc: tuple[NoiseLevel, ...] = Field(
        description="ROC-AUC by level of noise, on the validation examples."
    )
    seconds: dict[str, float] = Field(
        description="Wall time of encoding and training, in the process that finished them."
    )
    erasebench: str = Field(description="Version of this package.")


def card_path(classifier: Path) -> Path:
    """Where the card of a classifier's file lies."""
    return classifier.with_suffix(".card.json")


def write_card(classifier: Path, card: ClassifierCard) -> None:
    """Writes the card beside a classifier's file."""
    replace_file(card_path(classifier), f"{card.model_dump_json(indent=2)}\n".encode())


def read_card(classifier: Path) -> ClassifierCard:
    """Reads the card beside a classifier's file."""
    return ClassifierCard.model_validate_json(card_path(classifier).read_text(encoding="utf-8"))
