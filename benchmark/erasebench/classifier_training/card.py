"""The card of a latent classifier: from what and how it was made, and what it sees in noise."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from erasebench.classifier_training.measurement import NoiseLevel
from erasebench.disk import replace_file


class ClassifierCard(BaseModel):
    """What is told of a trained latent classifier, beside its file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
