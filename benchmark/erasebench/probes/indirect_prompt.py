"""Indirect prompts: descriptions of an object that do not name it."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol

DESCRIPTIONS = 5
"""Descriptions per object."""


class IndirectPrompt(Probe):
    """One image per prompt index and description, from the standard prompt's start latent.

    If an erasure only blocks the name, other words still generate the object.

    Deviation: the paper has no such probe; the descriptions are ours.
    """

    name = "indirect_prompt"
    family = "text"
    proven_on = "prompt_filter"
    control = "standard_prompt"
    summary = "Five descriptions of the object that do not name it."
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """One variant per description; the rate is their mean, without selection."""
        return ("",) * DESCRIPTIONS

    def retention_variant(self, protocol: Protocol, prompt_index: int) -> int:
        """One description per index, so that all are covered without more images."""
        return prompt_index % DESCRIPTIONS

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The description numbered `variant`, from the prompt index's start latent."""
        return Trajectory(
            prompt=target.descriptions[variant],
            weights=subject,
            start=prompt_start(prompt_index),
        )
