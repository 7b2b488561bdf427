"""Cache of trained latent classifiers, each with a card of its training."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import Field

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
from erasebench.version import __version__

CLASSIFIERS = "classifiers"
FILE = "classifier.safetensors"
LATENTS = "latents"
LOCK = "lock"


@dataclass(frozen=True)
class StoredClassifier:
    """A classifier file and its card."""

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
    """The latent classifier for these examples, from the cache or trained now.

    A killed process leaves its encoded images and its training state, and the next one resumes.
    Waits for another process that trains the same classifier.

    Args:
        protocol: names the base.
        pipeline: the base, loaded.
        examples: training examples; they name the concept.
        recipe: settings, usually the protocol's.
        cache: contains the folder `classifiers`; None for the user's cache.

    Raises:
        DiskFullError, UnwritableError: if it cannot be stored.
    """
    cache = (cache or user_cache()) / CLASSIFIERS
    pictures = examples_digest(examples)
    data = _digest(pictures, known_tensors(protocol.base))
    identity = _digest(data, asdict(recipe), __version__)
    path = cache / f"{protocol.name}-{examples.concept.name}-{identity[:16]}" / FILE
    with locked(path.parent / LOCK):
        # The card is written last.
        if not card_path(path).exists():
            latents = cache / LATENTS / data[:16]
            card = _make(path, protocol, pipeline, examples, pictures, recipe, latents)
            replace_file(card_path(path), f"{card.model_dump_json(indent=2)}\n".encode())
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
    base, concept = known_tensors(protocol.base), examples.concept.name
    started = time.perf_counter()
    with locked(latents / LOCK):
        clean = encode(examples, pipeline, latents)
    parts = split(clean, recipe.validation_share, recipe.seed)
    encoded = time.perf_counter()
    progress = path.with_suffix(".progress")
    alphas = pipeline.schedule(protocol.steps).alphas
    trained = train(parts, alphas, recipe, pipeline.device, progress)
    finished = time.perf_counter()
    header = save_latent_classifier(path, trained.classifier, concept, base)
    progress.unlink(missing_ok=True)
    return ClassifierCard(
        protocol=protocol.name,
        base=base,
        concept=concept,
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
    """Training record of a latent classifier, stored next to its file."""

    protocol: str = Field(description="Protocol of the base.")
    base: str = Field(description="Digest of the base's tensors, hex.")
    concept: str = Field(description="Concept whose probability it predicts.")
    tensors: str = Field(description="Digest of its own tensors, hex.")
    pictures: dict[str, str | int] = Field(description="Everything that determines the examples.")
    pictures_digest: str = Field(description="Digest of these facts and of two images, hex.")
    recipe: dict[str, float] = Field(description="Training settings.")
    training: int = Field(description="Number of training examples.")
    validation: int = Field(description="Number of validation examples, which select the epoch.")
    losses: tuple[float, ...] = Field(description="Validation loss after each epoch.")
    best_epoch: int = Field(description="Selected epoch, from 1.")
    roc_auc: tuple[NoiseLevel, ...] = Field(
        description="ROC-AUC per noise level, on the validation examples."
    )
    seconds: dict[str, float] = Field(
        description="Wall time of encoding and training, in the process that finished them."
    )
    erasebench: str = Field(description="Version of this package.")


def card_path(classifier: Path) -> Path:
    """Path of the card of a classifier file."""
    return classifier.with_suffix(".card.json")


def read_card(classifier: Path) -> ClassifierCard:
    """Reads the card of a classifier file."""
    return ClassifierCard.model_validate_json(card_path(classifier).read_text(encoding="utf-8"))
