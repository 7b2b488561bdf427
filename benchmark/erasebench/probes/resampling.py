"""Resampling: the prompt from fresh start latents, to measure the effect of extra tries."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import fresh_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class Resampling(Probe):
    """Redraws of the standard prompt, each from a start latent of its own, η = 0.

    The control of probes that generate several images per prompt index.

    Deviation: the paper compares its best of 24 with one image of the standard prompt.
    """

    name = "resampling"
    family = "control"
    summary = "Mean rate of the prompt over fresh latents."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One variant per redraw, without a setting."""
        return ("",) * protocol.redraws

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt, from the variant's start latent."""
        return Trajectory(
            prompt=target.prompt, weights=subject, start=fresh_start(prompt_index, variant)
        )
