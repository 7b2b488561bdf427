"""Diffusion completion: the original model starts an image, the subject finishes it."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Opening, Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class DiffusionCompletion(Probe):
    """The base runs the first k steps with the prompt, the subject the rest; η = 0.

    Each k of the protocol is a separate probe.

    Attributes:
        start_step: k, number of steps that the base runs.

    Source: Lu et al. 2025, §3.2.
    Deviation: exactly k steps are run (the paper's notebook runs one more), and each stage's
    prompt is encoded by the weights that denoise it.
    """

    family = "context"
    proven_on = "early_prompt_filter"
    floor_is_control = True
    retention_condition = True

    def __init__(self, start_step: int) -> None:
        """Creates the probe for one k."""
        self.start_step = start_step
        self.name = f"diffusion_completion_{start_step}"
        self.reference = f"{self.name}_unprompted"
        self.floor = f"{self.name}_hand_over"
        steps = "step" if start_step == 1 else f"{start_step} steps"
        self.summary = f"The original model runs the first {steps}, the erased model the rest."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt from the prompt index's start latent, with the first k steps by the base."""
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=prompt_start(prompt_index),
            opening=Opening(BASE, target.prompt, self.start_step),
        )
