"""The concept's own prompt, against which erasures are trained."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class StandardPrompt(Probe):
    """One image per prompt index from "a picture of a X", η = 0.

    Source: Lu et al. 2025, §3.1.
    """

    name = "standard_prompt"
    family = "text"
    summary = "The concept's own prompt."
    reference = "standard_prompt_unprompted"
    unprompted_for_retrain = True

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt, from the prompt index's start latent."""
        return Trajectory(prompt=target.prompt, weights=subject, start=prompt_start(prompt_index))
