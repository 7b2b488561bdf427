"""The unedited base begins a picture, the subject finishes it."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Opening, Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class DiffusionCompletion(Probe):
    """The base runs the first k steps with the prompt, the subject the rest; η = 0.

    Every k of the protocol is a probe of its own.

    Attributes:
        start_step: k, steps that are done when the subject takes over.

    Source: Lu et al. 2025, §3.2.
    Deviation: k counts steps done exactly (the paper's notebook does one more), and each stage's
    prompt is encoded by the weights that denoise it.
    """

    family = "context"
    proven_on = "early_prompt_filter"
    floor_is_control = True
    retention_condition = True

    def __init__(self, start_step: int) -> None:
        """A probe for one hand-over."""
        self.start_step = start_step
        self.name = f"diffusion_completion_{start_step}"
        self.reference = f"{self.name}_unprompted"
        self.floor = f"{self.name}_hand_over"
        steps = "step" if start_step == 1 else f"{start_step} steps"
        self.summary = f"The original model runs the first {steps}, the erased model the rest."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt from the prompt index's start latent, opened by the base."""
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=prompt_start(prompt_index),
            opening=Opening(BASE, target.prompt, self.start_step),
        )
