"""Noisy views of clean latents: what a latent classifier sees."""

from __future__ import annotations

import torch


def drawn_timesteps(
    count: int, timesteps: int, power: float, generator: torch.Generator
) -> torch.Tensor:
    """Timesteps t = floor((T − 1)·u^(1/power)), u uniform in 0..1.

    Args:
        count: how many.
        timesteps: T.
        power: 1 gives all alike; the larger, the more noise.
        generator: on the CPU.

    Returns:
        int64 (count,), in 0..T−2.
    """
    uniform = torch.rand(count, generator=generator, dtype=torch.float64)
    return ((timesteps - 1) * uniform ** (1 / power)).long()


def noised(
    latents: torch.Tensor,
    alphas: torch.Tensor,
    timesteps: torch.Tensor,
    generator: torch.Generator,
) -> torch.Tensor:
    """x_t = sqrt(ᾱ_t)·x_0 + sqrt(1 − ᾱ_t)·z, each row at its own timestep.

    Args:
        latents: x_0, (N, C, h, w), on the CPU.
        alphas: ᾱ of every timestep, float32 (T,), on the CPU.
        timesteps: int64 (N,).
        generator: of z, on the CPU.

    Returns:
        float32 (N, C, h, w).
    """
    alpha = alphas[timesteps].view(-1, 1, 1, 1)
    noise = torch.randn(latents.shape, generator=generator)
    return alpha.sqrt() * latents.float() + (1 - alpha).sqrt() * noise
