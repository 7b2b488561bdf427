"""ROC-AUC and loss of a latent classifier, per noise level."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from erasebench.classifier_training.latent_views import LabelledLatents, noised
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.frozen_model import FrozenModel
from erasebench.results.outcome import Estimate
from erasebench.stats.intervals import Z_95

LEVELS = 10
"""Number of noise levels: the middles of equal ranges of timesteps."""

_ROWS = 512
"""Latents per batch."""


class NoiseLevel(FrozenModel):
    """Performance of a classifier at one noise level."""

    timestep: int = Field(description="Timestep t of the base's training.")
    signal: float = Field(description="ᾱ_t, the share of signal in a latent's variance.")
    roc_auc: Estimate = Field(description="Area under the ROC curve.")


def measure(
    classifier: LatentClassifier, examples: LabelledLatents, generator: torch.Generator
) -> tuple[NoiseLevel, ...]:
    """ROC-AUC at ten noise levels, lowest first; each image is noised once.

    Args:
        classifier: on any device.
        examples: clean latents.
        generator: of the noise, on the CPU.
    """
    alphas = classifier.alphas.cpu()
    middles = [int((level + 0.5) * len(alphas) / LEVELS) for level in range(LEVELS)]
    measured = []
    for timestep in middles:
        timesteps = torch.full((len(examples),), timestep)
        seen = noised(examples.latents, alphas, timesteps, generator)
        scores = logits(classifier, seen, timesteps).numpy().astype(np.float64)
        measured.append(
            NoiseLevel(
                timestep=timestep,
                signal=float(alphas[timestep]),
                roc_auc=roc_auc(scores, examples.shows.numpy()),
            )
        )
    return tuple(measured)


@torch.no_grad()
def logits(
    classifier: LatentClassifier, latents: torch.Tensor, timesteps: torch.Tensor
) -> torch.Tensor:
    """Logits of any number of noisy latents, float32 (N,), on the CPU."""
    device = classifier.alphas.device
    parts = zip(latents.split(_ROWS), timesteps.split(_ROWS), strict=True)
    return torch.cat([classifier(x.to(device), t.to(device)).cpu() for x, t in parts])


METHOD = "Hanley and McNeil"


def roc_auc(scores: npt.NDArray[np.floating], shows: npt.NDArray[np.bool_]) -> Estimate:
    """Share of pairs of a positive and a negative in which the positive scores higher.

    Ties count half. Normal interval, clipped to [0, 1]; it has no width if all pairs are in order.

    Source: Hanley and McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve" (Radiology 1982), equation 1.

    Args:
        scores: (N,), higher for positives.
        shows: whether each is positive, (N,); at least one of each kind.
    """
    values, place = np.unique(scores, return_inverse=True)
    equals = np.bincount(place, minlength=len(values))
    # Ranks from 1; ties share their mean rank.
    ranks = (np.cumsum(equals) - (equals - 1) / 2)[place]
    positives = int(shows.sum())
    negatives = len(shows) - positives
    wins = float(ranks[shows].sum()) - positives * (positives + 1) / 2
    area = wins / (positives * negatives)

    two_positives, two_negatives = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area)
        + (positives - 1) * (two_positives - area**2)
        + (negatives - 1) * (two_negatives - area**2)
    ) / (positives * negatives)
    half = Z_95 * sqrt(max(variance, 0.0))
    return Estimate(
        value=area,
        low=max(0.0, area - half),
        high=min(1.0, area + half),
        n=len(shows),
        method=METHOD,
    )
