"""Descriptions that call for an object without naming it."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol

DESCRIPTIONS = 5
"""Descriptions per object."""


class IndirectPrompt(Probe):
    """One picture per prompt index and description, from the standard prompt's start latent.

    An erasure that merely unhooks a word leaves the thing within reach of other words.

    Deviation: the paper has no such probe; the descriptions are ours.
    """

    name = "indirect_prompt"
    family = "text"
    proven_on = "prompt_filter"
    control = "standard_prompt"
    summary = "Five descriptions of the object that do not name it."
    asks_for = ("object",)

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A draw per description; they are averaged, never chosen among."""
        return ("",) * DESCRIPTIONS

    def retention_variant(self, protocol: Protocol, prompt_index: int) -> int:
        """One of the descriptions per index: breadth over them costs no more pictures."""
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
