"""The loss of every optimisation here: the squared error of the predicted noise.

    ‖ε − ε_θ(sqrt(ᾱ_t)·x0 + sqrt(1 − ᾱ_t)·ε, t, c)‖², averaged over a latent's values

ᾱ_t is the share of the signal's variance left at timestep t, x0 a clean latent, ε the noise, c the
prompt's embedding. The prediction is the conditional one alone, without guidance.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

PredictNoise = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""ε_θ of latents (N, C, h, w), timesteps int64 (N,) and embeddings (N, L, D); like the latents."""


def denoising_errors(
    alphas: torch.Tensor,
    predict: PredictNoise,
    clean: torch.Tensor,
    noise: torch.Tensor,
    timesteps: torch.Tensor,
    embeddings: torch.Tensor,
) -> torch.Tensor:
    """The squared error of each row, averaged over the row's values.

    Args:
        alphas: ᾱ of every training timestep, float64 (T,), on the CPU; see `Schedule.alphas`.
        predict: ε_θ.
        clean: x0, (N, C, h, w), scaled as the UNet knows them.
        noise: ε, float32 (N, C, h, w), on any device.
        timesteps: t, int64 (N,), on the CPU.
        embeddings: c, (N, L, D).

    Returns:
        float32 (N,), on the device of `clean`.
    """
    alpha = alphas[timesteps].view(-1, 1, 1, 1)
    noise = noise.to(clean.device)
    noised = alpha.sqrt().to(clean) * clean + (1 - alpha).sqrt().to(clean) * noise.to(clean)
    predicted = predict(noised, timesteps.to(clean.device), embeddings)
    return (predicted.float() - noise).square().mean(dim=(1, 2, 3))


def random_denoising_loss(
    alphas: torch.Tensor,
    predict: PredictNoise,
    clean: torch.Tensor,
    embedding: torch.Tensor,
    batch: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """The mean error of a random batch: latents with replacement, timesteps and noise.

    Args:
        alphas: ᾱ of every training timestep, float64 (T,), on the CPU.
        predict: ε_θ.
        clean: latents from which rows are sampled, (M, C, h, w).
        embedding: c, one for all rows, (1, L, D).
        batch: N, rows.
        generator: a CPU generator for everything random.

    Returns:
        A scalar, float32.
    """
    chosen = torch.randint(len(clean), (batch,), generator=generator)
    timesteps = torch.randint(len(alphas), (batch,), generator=generator)
    noise = torch.randn((batch, *clean.shape[1:]), generator=generator)
    rows = clean[chosen.to(clean.device)]
    embeddings = embedding.expand(batch, -1, -1)
    return denoising_errors(alphas, predict, rows, noise, timesteps, embeddings).mean()
