"""Budgets of training and search in a protocol."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Length and rate of a training.

    Attributes:
        updates: optimiser updates.
        batch: images per update.
        learning_rate: constant.
        weight_decay: AdamW's.
    """

    updates: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01


@dataclass(frozen=True)
class PrefixBudget:
    """Length of an attack's prefixes and budget of the search.

    Attributes:
        tokens: k, tokens of a prefix.
        timesteps: n, noise levels at which prefixes are optimised, one after another.
        updates: u, updates per noise level.
        timesteps_per_try: timesteps between two evaluations of the prefixes.
        learning_rate: of Adam.
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
        """Maximum number of prefixes tried, besides the plain prompt."""
        return self.timesteps // self.timesteps_per_try


@dataclass(frozen=True)
class ClassifierRecipe:
    """Training of a latent classifier.

    Source: Lu et al. 2025, appendix D.5, and its released code.
    Deviation: early stopping by validation loss, since the recorded trainings overfit after a few
    epochs. The noise of validation images is fixed and each view counts separately, so that epochs
    are comparable.

    Attributes:
        positives: images of the concept; as in most classes of ImageNet's training split.
        negatives: images without it.
        learning_rate, weight_decay: of AdamW.
        clip: maximum norm of a gradient.
        batch: images per update.
        views: noised views of each image in an update.
        noise_power: timesteps are floor((T − 1)·u^(1/power)), u uniform; a larger power gives more
            noise.
        validation_share: share of the images used to select the epoch instead of for training.
        epochs: maximum number of epochs.
        patience: epochs without a lower validation loss after which training ends.
        seed: of all random numbers.
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
