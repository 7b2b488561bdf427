"""Painted prompts: objects in a style, for retention."""

from __future__ import annotations

from erasebench.concepts import Concept, style_of
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class PaintedPrompt(Probe):
    """One image per prompt index from "a painting of a X in the style of Y".

    Y cycles through the styles by prompt index; indices of an erased style are excluded. It is used
    for retention concepts only: the plain prompt may still work where the object in another
    context is lost.

    Deviation: the paper measures interference on plain prompts only.
    """

    name = "painted_prompt"
    family = "text"
    summary = "The object painted in a style; measures retention only."
    asks_for = ("object",)
    erased_asked = False

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The object in style number `prompt_index` mod 3, from the index's start latent."""
        return Trajectory(
            prompt=target.painted_by(style_of(prompt_index)),
            weights=subject,
            start=prompt_start(prompt_index),
        )
