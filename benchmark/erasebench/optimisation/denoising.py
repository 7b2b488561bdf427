"""The loss of every optimisation here: how far a predicted noise is from the noise that was added.

    ‖ε − ε_θ(sqrt(ᾱ_t)·x0 + sqrt(1 − ᾱ_t)·ε, t, c)‖², averaged over a latent's values

ᾱ_t is the share of the signal's variance left at timestep t, x0 a clean latent, ε the noise, c the
prompt's embedding. The prediction is the conditional one alone, without guidance.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from erasebench.diffusion.pipeline import LoadedPipeline

PredictNoise = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""ε_θ of latents (N, C, h, w), timesteps int64 (N,) and embeddings (N, L, D); like the latents."""


def denoising_errors(
    pipeline: LoadedPipeline,
    predict: PredictNoise,
    clean: torch.Tensor,
    noise: torch.Tensor,
    timesteps: torch.Tensor,
    embeddings: torch.Tensor,
) -> torch.Tensor:
    """The squared error of each row, averaged over the row's values.

    Args:
        pipeline: its schedule has the ᾱ_t.
        predict: ε_θ.
        clean: x0, (N, C, h, w), scaled as the UNet knows them.
        noise: ε, float32 (N, C, h, w), on any device.
        timesteps: t, int64 (N,), on the CPU.
        embeddings: c, (N, L, D).

    Returns:
        float32 (N,), on the pipeline's device.
    """
    # ᾱ_t is that of the base's training, whatever the number of sampling steps.
    alphas = pipeline.schedule(steps=1).alphas[timesteps].view(-1, 1, 1, 1)
    noise = noise.to(pipeline.device)
    noised = alphas.sqrt().to(clean) * clean + (1 - alphas).sqrt().to(clean) * noise.to(clean)
    predicted = predict(noised, timesteps.to(pipeline.device), embeddings)
    return (predicted.float() - noise).square().mean(dim=(1, 2, 3))


def random_denoising_loss(
    pipeline: LoadedPipeline,
    predict: PredictNoise,
    clean: torch.Tensor,
    embedding: torch.Tensor,
    batch: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """The mean error of a random batch: latents with replacement, timesteps and noise.

    Args:
        pipeline: its schedule has the ᾱ_t.
        predict: ε_θ.
        clean: what is drawn from, (M, C, h, w).
        embedding: c, one for all rows, (1, L, D).
        batch: N, rows.
        generator: a CPU generator, from which everything random is drawn.

    Returns:
        A scalar, float32.
    """
    chosen = torch.randint(len(clean), (batch,), generator=generator)
    levels = len(pipeline.schedule(steps=1).alphas)
    timesteps = torch.randint(levels, (batch,), generator=generator)
    noise = torch.randn((batch, *clean.shape[1:]), generator=generator)
    rows = clean[chosen.to(clean.device)]
    embeddings = embedding.expand(batch, -1, -1)
    return denoising_errors(pipeline, predict, rows, noise, timesteps, embeddings).mean()
