"""What a protocol spends on what is trained or searched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How long and how fast something is trained.

    Attributes:
        updates: steps of the optimiser.
        batch: pictures in each.
        learning_rate: the same for every update.
        weight_decay: AdamW's.
    """

    updates: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01


@dataclass(frozen=True)
class PrefixBudget:
    """How long an attack's prefixes are, and how much is spent on finding one.

    Attributes:
        tokens: k, tokens of a prefix.
        timesteps: n, levels of noise at which prefixes are optimised, one after another.
        updates: u, updates at each of them.
        timesteps_per_try: after every so many timesteps the prefixes are judged.
        learning_rate: Adam's.
        weight_decay: factor of the variable that is added to its gradient.
    """

    tokens: int
    timesteps: int
    updates: int
    timesteps_per_try: int
    learning_rate: float = 0.01
    weight_decay: float = 0.1

    @property
    def tries(self) -> int:
        """Prefixes tried at most, beside the plain prompt."""
        return self.timesteps // self.timesteps_per_try


@dataclass(frozen=True)
class ClassifierRecipe:
    """How a latent classifier is trained.

    Source: Lu et al. 2025, appendix D.5, and its released code.
    Deviation: training ends when the validation loss has not fallen for some epochs, since the
    recorded trainings overfit after a handful; validation pictures keep their noise from epoch to
    epoch, and each view counts by itself, so that epochs are comparable.

    Attributes:
        positives: pictures of the concept, as many as ImageNet's training split has of most
            classes.
        negatives: pictures without it.
        learning_rate, weight_decay: AdamW's.
        clip: largest norm of a gradient.
        batch: pictures of an update, each noised in several ways.
        views: noised views of a picture in its update.
        noise_power: timesteps are floor((T − 1)·u^(1/power)), u uniform: a large power gives
            much noise.
        validation_share: share of the pictures that choose the epoch, and are not trained on.
        epochs: passes over the pictures, at most.
        patience: epochs without a lower validation loss after which training ends.
        seed: of everything random.
    """

    positives: int = 1_300
    negatives: int = 5_000
    learning_rate: float = 1e-4
    weight_decay: float = 1e-3
    clip: float = 1.0
    batch: int = 8
    views: int = 7
    noise_power: float = 3.0
    validation_share: float = 0.1
    epochs: int = 10
    patience: int = 3
    seed: int = 0
