"""DDIM: the noise levels of a run, and the step between two of them.

Symbols as in the paper: ᾱ_t is the share of the signal's variance left at timestep t, ε the
predicted noise, x̂0 the clean latent it implies, z fresh noise, η the share of the step's variance
that is drawn afresh, v a factor on what is drawn.

A UNet predicts ε, or the velocity sqrt(ᾱ_t)·ε − sqrt(1 − ᾱ_t)·x0, from which ε follows.

Source: Song et al., "Denoising Diffusion Implicit Models" (ICLR 2021), equations 12 and 16; the
factor v and η above 1 are those of Lu et al., "When Are Concepts Erased From Diffusion Models?"
(NeurIPS 2025), section 3.3; the velocity is that of Salimans and Ho, "Progressive Distillation
for Fast Sampling of Diffusion Models" (ICLR 2022), section 4 and appendix D.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import torch
from diffusers import DDIMScheduler

from erasebench.errors import ProtocolError

VELOCITY: Final = "v_prediction"
"""The scheduler config's name for velocity prediction."""

_ALLOWED: Final[Mapping[str, tuple[object, ...]]] = {
    "prediction_type": ("epsilon", VELOCITY),
    "timestep_spacing": ("leading",),
    "steps_offset": (1,),
    "set_alpha_to_one": (False,),
    "clip_sample": (False,),
    "thresholding": (False,),
    "rescale_betas_zero_snr": (False,),
}
"""Settings of a scheduler config that the loop supports."""


@dataclass(frozen=True)
class Step:
    """One step of a schedule, from a level of noise to the next lower one.

    Attributes:
        timestep: t, the UNet's input.
        alpha: ᾱ_t, in (0, 1).
        next_alpha: ᾱ_prev of the next level; above `alpha`.
    """

    timestep: int
    alpha: float
    next_alpha: float


@dataclass(frozen=True)
class Schedule:
    """The noise levels of a base's training, and the sampling steps.

    Attributes:
        alphas: ᾱ_t of every training timestep, float64 (T,), falling.
        steps: the sampling steps in order.
        prediction_type: of the UNet, `epsilon` or `v_prediction`.
    """

    alphas: torch.Tensor
    steps: tuple[Step, ...]
    prediction_type: str


def read_schedule(scheduler_config: Mapping[str, Any], steps: int) -> Schedule:
    """The schedule of a base's scheduler config, whatever its scheduler class.

    Timesteps are evenly spaced from the training's low end ("leading"), and the last step leads to
    ᾱ_0, as in the configs of Stable Diffusion 1.x. Other settings are rejected.

    Args:
        scheduler_config: content of the base's `scheduler_config.json`.
        steps: sampling steps.

    Raises:
        ProtocolError: if the config has a setting that the loop does not support.
        ValueError: if the training had fewer timesteps than `steps`.
    """
    stock = DDIMScheduler.from_config(dict(scheduler_config))
    for setting, allowed in _ALLOWED.items():
        if (found := stock.config[setting]) not in allowed:
            raise ProtocolError(
                "the base's scheduler config",
                f"It has {setting} {found!r}; allowed: {' or '.join(map(repr, allowed))}. "
                "Use a base whose config has this.",
            )
    stock.set_timesteps(steps)
    alphas = stock.alphas_cumprod.double()
    timesteps = stock.timesteps.tolist()
    levels = [*alphas[timesteps].tolist(), float(stock.final_alpha_cumprod)]
    return Schedule(
        alphas=alphas,
        steps=tuple(
            Step(timestep, alpha, next_alpha)
            for timestep, alpha, next_alpha in zip(timesteps, levels[:-1], levels[1:], strict=True)
        ),
        prediction_type=stock.config.prediction_type,
    )


def ddim_step(
    latents: torch.Tensor,
    predicted_noise: torch.Tensor,
    step: Step,
    eta: torch.Tensor,
    noise_scale: torch.Tensor,
    step_noise: torch.Tensor,
) -> torch.Tensor:
    """Takes latents from one level of noise to the next.

    x_prev = sqrt(ᾱ_prev)·x̂0 + sqrt(|1 − ᾱ_prev − s²|)·ε + v·s·z, with s = η·σ_t and
    σ_t² = (1 − ᾱ_prev)/(1 − ᾱ_t)·(1 − ᾱ_t/ᾱ_prev). Noise is added at the last step as well.

    Args:
        latents: x_t, float (N, C, H, W).
        predicted_noise: ε, like `latents`.
        step: ᾱ_t and ᾱ_prev.
        eta: η of each row, float (N,), at least 0.
        noise_scale: v of each row, float (N,).
        step_noise: z, like `latents`; rows with η = 0 may hold anything finite.

    Returns:
        x_prev, like `latents`.

    Deviation:
        Stock DDIM takes sqrt(1 − ᾱ_prev − s²), which has no value where η well above 1 makes s²
        exceed 1 − ᾱ_prev; the absolute value is that of the paper's released code. At η ≤ 1 and
        v = 1 the two agree.
    """
    variance = (1 - step.next_alpha) / (1 - step.alpha) * (1 - step.alpha / step.next_alpha)
    spread = eta.double() * sqrt(variance)
    direction = (1 - step.next_alpha - spread**2).abs().sqrt()
    clean = clean_latents(latents, predicted_noise, step)
    return (
        sqrt(step.next_alpha) * clean
        + _per_row(direction, latents) * predicted_noise
        + _per_row(noise_scale.double() * spread, latents) * step_noise
    )


def clean_latents(latents: torch.Tensor, predicted_noise: torch.Tensor, step: Step) -> torch.Tensor:
    """The clean latents that a prediction implies: x̂0 = (x_t − sqrt(1 − ᾱ_t)·ε)/sqrt(ᾱ_t).

    Args:
        latents: x_t, float (N, C, H, W).
        predicted_noise: ε, like `latents`.
        step: ᾱ_t.
    """
    return (latents - sqrt(1 - step.alpha) * predicted_noise) / sqrt(step.alpha)


def noise_of_velocity(
    velocity: torch.Tensor, latents: torch.Tensor, alphas: torch.Tensor
) -> torch.Tensor:
    """The noise that a predicted velocity implies: ε = sqrt(ᾱ_t)·v + sqrt(1 − ᾱ_t)·x_t.

    Args:
        velocity: float (N, C, H, W).
        latents: x_t, like `velocity`.
        alphas: ᾱ_t of all rows, float (), or of each, float (N,); on any device.

    Source: Salimans and Ho 2022, appendix D, with α_t = sqrt(ᾱ_t) and σ_t = sqrt(1 − ᾱ_t).
    """
    level = alphas.view(-1, 1, 1, 1)
    return level.sqrt().to(latents) * velocity + (1 - level).sqrt().to(latents) * latents


def add_noise(clean: torch.Tensor, noise: torch.Tensor, alpha: float) -> torch.Tensor:
    """Clean latents noised to a level: sqrt(ᾱ)·x0 + sqrt(1 − ᾱ)·z.

    Args:
        clean: x0, float, any shape.
        noise: z, like `clean`.
        alpha: ᾱ of the level, in 0..1; 1 gives `clean` back.
    """
    return sqrt(alpha) * clean + sqrt(1 - alpha) * noise


def _per_row(values: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    return values.to(latents).view(-1, 1, 1, 1)
