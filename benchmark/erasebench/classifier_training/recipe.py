"""The settings of a latent classifier's training; the examples are not among them."""

from __future__ import annotations

from dataclasses import dataclass

POSITIVES = 1_300
"""Pictures of the concept, as many as ImageNet's training split has of most classes."""

NEGATIVES = 5_000
"""Pictures without it."""


@dataclass(frozen=True)
class ClassifierRecipe:
    """How a latent classifier is trained.

    Source: Lu et al. 2025, appendix D.5, and its released code.
    Deviation: training ends when the validation loss has not fallen for some epochs, since the
    recorded trainings overfit after a handful; validation pictures keep their noise from epoch to
    epoch, and each view counts by itself, so that epochs are comparable.

    Attributes:
        learning_rate, weight_decay: AdamW's.
        clip: largest norm of a gradient.
        batch: pictures of an update, each noised in several ways.
        views: noised views of a picture in its update.
        noise_power: timesteps are floor((T − 1)·u^(1/power)), u uniform: a large power gives
            much noise.
        validation_share: share of the pictures that choose the epoch, and are not trained on.
        epochs: passes over the pictures, at most.
        patience: epochs without a lower validation loss after which training ends.
    """

    learning_rate: float = 1e-4
    weight_decay: float = 1e-3
    clip: float = 1.0
    batch: int = 8
    views: int = 7
    noise_power: float = 3.0
    validation_share: float = 0.1
    epochs: int = 10
    patience: int = 3


RECIPE = ClassifierRecipe()
"""The settings of every classifier that a score depends on."""
