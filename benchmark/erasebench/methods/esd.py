"""ESD: moves the prediction for a concept beyond that for the empty prompt.

    ε_θ(x_t, c)  →  ε_0(x_t, ∅) − η·[ε_0(x_t, c) − ε_0(x_t, ∅)]

ε_θ is the model in training, ε_0 the frozen base, c the concept's text, ∅ the empty prompt. x_t
comes from the model in training itself: from noise it is denoised with guidance towards c for a
random number of steps. ESD-x trains cross-attention, which reads the prompt; ESD-u trains the rest.

Source: Gandikota et al., "Erasing Concepts from Diffusion Models" (ICCV 2023), equations 7 and 8
and section 4.1; settings of Lu et al. 2025, appendix C.4.
Deviation: t is the timestep of the schedule at which the rollout stopped, not a random one between
it and the next; and each update may take several start latents, each with a stop of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import mse_loss

from erasebench.diffusion.ddim import Step, ddim_step
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE
from erasebench.methods.erasure import Erasure
from erasebench.methods.settings import EsdSettings
from erasebench.optimisation.training import Training

_TRAINED = "trained"
"""Name of the weights in training."""


def erase_from_cross_attention(erasure: Erasure, settings: EsdSettings) -> dict[str, torch.Tensor]:
    """ESD-x: trains the layers that read the prompt.

    Returns:
        Canonical name → trained tensor.
    """
    return _erase(erasure, settings, is_cross_attention)


def erase_from_the_rest(erasure: Erasure, settings: EsdSettings) -> dict[str, torch.Tensor]:
    """ESD-u: trains layers that work without a prompt as well.

    Returns:
        Canonical name → trained tensor.
    """
    return _erase(erasure, settings, is_unconditional)


def is_cross_attention(name: str) -> bool:
    """Whether ESD-x trains a tensor of the UNet."""
    return ".attn2." in name


def is_unconditional(name: str) -> bool:
    """Whether ESD-u trains a tensor of the UNet: not cross-attention, time embedding, output."""
    left_out = ("unet.time_embedding.", "unet.conv_norm_out.", "unet.conv_out.")
    return not is_cross_attention(name) and not name.startswith(left_out)


def _erase(
    erasure: Erasure, settings: EsdSettings, is_trained: Callable[[str], bool]
) -> dict[str, torch.Tensor]:
    pipeline = erasure.pipeline
    chosen = {name: tensor for name, tensor in erasure.unet_tensors().items() if is_trained(name)}
    unet = pipeline.add_weights(_TRAINED, chosen).unet
    parameters = {name: unet.get_parameter(name.removeprefix("unet.")) for name in chosen}
    concept, empty = pipeline.encode_prompts(BASE, [erasure.text(settings.wording), ""]).split(1)
    steps = pipeline.schedule(erasure.protocol.steps).steps
    timesteps = torch.tensor([step.timestep for step in steps], device=pipeline.device)

    def loss_of(update: int) -> torch.Tensor:
        # 1. Noise, and how many steps each start is denoised.
        generator = erasure.generator(update)
        shape = (settings.batch, *pipeline.latent_shape)
        noise = torch.randn(shape, generator=generator).to(pipeline.device, pipeline.dtype)
        stops = torch.randint(len(steps), (settings.batch,), generator=generator)
        stops = stops.to(pipeline.device)

        # 2. x_t, by the model in training.
        noised = _rollout(pipeline, noise, stops, steps, concept, empty, settings.rollout_guidance)
        t = timesteps[stops]

        # 3. The target, by the frozen base.
        with torch.no_grad():
            towards, neutral = _predict_both(pipeline, BASE, noised, t, concept, empty)
            target = neutral - settings.negative_guidance * (towards - neutral)

        # 4. The loss.
        predicted = pipeline.predict_noise(_TRAINED, noised, t, concept.expand(len(t), -1, -1))
        return mse_loss(predicted, target)

    optimiser = torch.optim.Adam(parameters.values(), lr=settings.learning_rate)
    training = Training(parameters, optimiser, erasure.progress)
    training.run(settings.steps, loss_of, "erasing", erasure.keep)
    return training.tensors()


@torch.no_grad()
def _rollout(
    pipeline: LoadedPipeline,
    noise: torch.Tensor,
    stops: torch.Tensor,
    steps: tuple[Step, ...],
    concept: torch.Tensor,
    empty: torch.Tensor,
    guidance: float,
) -> torch.Tensor:
    """Denoises each row of noise, (N, C, h, w), for its own number of steps, (N,)."""
    latents = noise.clone()
    for index, step in enumerate(steps[: int(stops.max())]):
        going = stops > index
        now = latents[going]
        conditional, unconditional = _predict_both(
            pipeline, _TRAINED, now, step.timestep, concept, empty
        )
        guided = unconditional + guidance * (conditional - unconditional)
        none, one = now.new_zeros(len(now)), now.new_ones(len(now))
        latents[going] = ddim_step(now, guided, step, none, one, torch.zeros_like(now))
    return latents


def _predict_both(
    pipeline: LoadedPipeline,
    weights: str,
    latents: torch.Tensor,
    timestep: int | torch.Tensor,
    concept: torch.Tensor,
    empty: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """ε for the concept and for the empty prompt in one UNet call, each (N, C, h, w).

    Args:
        pipeline: runs the UNet.
        weights: which set of weights.
        latents: x_t, (N, C, h, w).
        timestep: t, one for all rows or (N,).
        concept: embedding of the concept's text, (1, L, D).
        empty: embedding of the empty prompt, (1, L, D).
    """
    count = len(latents)
    both = timestep if isinstance(timestep, int) else timestep.repeat(2)
    embeddings = torch.cat([concept.expand(count, -1, -1), empty.expand(count, -1, -1)])
    predicted = pipeline.predict_noise(weights, latents.repeat(2, 1, 1, 1), both, embeddings)
    conditional, unconditional = predicted.chunk(2)
    return conditional, unconditional
