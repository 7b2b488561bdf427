"""Classifier guidance combined with more step noise than the sampler's schedule."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start, step_noise
from erasebench.diffusion.trajectory import Guide, Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class GuidanceNoise(Probe):
    """A grid of s × η over the standard prompt, one image per cell of the grid; v = 1.

    The selector chooses the setting. Variants take their noise from the same streams as those of
    `noise`.

    Source: Lu et al. 2025, §3.4; the grid is that of its code, which the paper does not list.
    Deviation: step noise comes from streams of its own, so no variant depends on another; the
    setting is chosen on half of the prompt indices and scored on the other half.
    """

    name = "guidance_noise"
    family = "guidance"
    unoptimised = False
    guided = True
    proven_on = "prompt_filter"
    control = "noise"
    summary = "Classifier guidance combined with excess step noise (s × η)."
    # As in the paper, only objects have classifiers.
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One per cell of the grid, scale by scale."""
        return tuple(f"s={scale:g} eta={eta:.2f}" for scale, eta in _grid(protocol))

    def prepare(self, context: Context) -> Preparation:
        """Loads or trains the target's classifier."""
        name = context.target.name
        return Preparation(classifiers={name: context.classifier(context.target)})

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt from the prompt index's start latent, at the variant's s and η."""
        scale, eta = _grid(protocol)[variant]
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=prompt_start(prompt_index),
            step_noise=step_noise(prompt_index, variant),
            eta=eta,
            guide=Guide(target.name, scale * protocol.guidance_factor),
        )


def _grid(protocol: Protocol) -> tuple[tuple[float, float], ...]:
    return tuple(
        (scale, eta)
        for scale in protocol.guidance_noise_scales
        for eta in protocol.guidance_noise_etas
    )
