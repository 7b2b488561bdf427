"""The latent classifier: whether a noisy latent shows a concept, and the gradient towards it.

Symbols: x_t is a latent at timestep t, ᾱ_t the share of signal left in it, p(c | x_t, t) the
probability that it shows the concept.

Source: Lu et al., "When Are Concepts Erased From Diffusion Models?" (NeurIPS 2025), appendix D.5.
"""

from __future__ import annotations

from math import prod

import torch
from torch import nn
from torch.nn.functional import logsigmoid, silu

WIDTH = 1024
"""Features of the first layer, the sum of latent and time code."""

HIDDEN = 512
"""Features of the second layer."""

DROPOUT = 0.3
"""Dropout of both layers in training."""


class LatentClassifier(nn.Module):
    """Linear maps of the flattened latent and of the time code are added; two layers follow.

    Deviation:
        The time code is (sqrt ᾱ_t, sqrt(1 − ᾱ_t)), as in the released code and its weights; the
        paper's text says (ᾱ_t, 1 − ᾱ_t).

    Attributes:
        latent_shape: (C, h, w) of one latent.
    """

    alphas: torch.Tensor

    def __init__(self, latent_shape: tuple[int, int, int], alphas: torch.Tensor) -> None:
        """An untrained classifier.

        Args:
            latent_shape: (C, h, w) of one latent.
            alphas: ᾱ_t of every timestep that the base was trained with, (T,).
        """
        super().__init__()
        self.latent_shape = latent_shape
        self.latent = nn.Linear(prod(latent_shape), WIDTH)
        self.time = nn.Linear(2, WIDTH)
        self.hidden = nn.Linear(WIDTH, HIDDEN)
        self.logit = nn.Linear(HIDDEN, 1)
        # The tables of schedules are of single precision, so nothing is lost.
        self.register_buffer("alphas", alphas.float())

    def forward(
        self,
        latents: torch.Tensor,
        timesteps: torch.Tensor,
        dropout: torch.Generator | None = None,
    ) -> torch.Tensor:
        """The logit of p(c | x_t, t).

        Args:
            latents: x_t, (N, C, h, w), in the classifier's dtype.
            timesteps: t of each row, int64 (N,), in 0..T−1.
            dropout: CPU generator for dropout in training; None for no dropout.

        Returns:
            (N,), in the classifier's dtype.
        """
        alpha = self.alphas[timesteps]
        time_code = torch.stack([alpha.sqrt(), (1 - alpha).sqrt()], dim=1)
        seen = _thinned(silu(self.latent(latents.flatten(1)) + self.time(time_code)), dropout)
        answer: torch.Tensor = self.logit(_thinned(silu(self.hidden(seen)), dropout))
        return answer[:, 0]

    def log_probability(self, latents: torch.Tensor, timestep: int) -> torch.Tensor:
        """Log p(c | x_t, t) of each row, (N,); arguments as of `log_probability_gradient`."""
        timesteps = torch.full((len(latents),), timestep, device=latents.device)
        return logsigmoid(self(latents.to(self.alphas.dtype), timesteps))

    def log_probability_gradient(self, latents: torch.Tensor, timestep: int) -> torch.Tensor:
        """∇_x log p(c | x_t, t): the direction in which the concept becomes more likely.

        Args:
            latents: x_t, (N, C, h, w), of any floating-point dtype, on the classifier's device.
            timestep: t of all rows, in 0..T−1.

        Returns:
            Like `latents`, in the classifier's dtype, which is float32 unless it was converted.
        """
        with torch.enable_grad():
            own = latents.detach().to(self.alphas.dtype).requires_grad_()
            # A row's probability depends on that row alone, so the sum's gradient is each row's.
            (gradient,) = torch.autograd.grad(self.log_probability(own, timestep).sum(), own)
        return gradient


def _thinned(features: torch.Tensor, dropout: torch.Generator | None) -> torch.Tensor:
    """Dropout with a generator, which torch's own does not take."""
    if dropout is None:
        return features
    kept = torch.rand(features.shape, generator=dropout) >= DROPOUT
    return features * kept.to(features) / (1 - DROPOUT)
