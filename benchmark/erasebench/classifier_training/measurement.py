"""How well a latent classifier tells the concept apart, at every level of noise."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from erasebench.classifier_training.encoding import LabelledLatents
from erasebench.classifier_training.noising import noised
from erasebench.classifier_training.roc_auc import roc_auc
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.results.outcome import Estimate

LEVELS = 10
"""Levels of noise, the middles of as many equal ranges of timesteps."""

_ROWS = 512
"""Latents classified at once."""


class NoiseLevel(BaseModel):
    """What a classifier sees at one level of noise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timestep: int = Field(description="t, of those that the base was trained with.")
    signal: float = Field(description="ᾱ_t, the share of signal in a latent's variance.")
    roc_auc: Estimate = Field(description="Area under the ROC curve over the pictures.")


def measure(
    classifier: LatentClassifier, examples: LabelledLatents, generator: torch.Generator
) -> tuple[NoiseLevel, ...]:
    """ROC-AUC at ten levels of noise, from the least to the most; each picture is noised once.

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
