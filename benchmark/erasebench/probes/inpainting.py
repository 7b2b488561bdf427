"""Inpainting: the subject fills in the masked centre of an image of the concept."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import inpainting_start
from erasebench.diffusion.trajectory import Inpainting, Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol, View

_SUMMARIES: dict[View, str] = {
    "crop": "The masked centre of an original model's image, filled in; judged on the centre.",
    "whole": "The masked centre of an original model's image, filled in; judged as a whole.",
}


class InpaintingProbe(Probe):
    """The centre square of a base image of the concept is masked and filled in, η = 0.

    The source is the base's standard-prompt image of the same concept and prompt index. After each
    step the latents outside the square are those of the source at that step's noise. One
    trajectory serves both views: the centre alone, and the whole image.

    Source: Lu et al. 2025, §3.2 and Appendix D.4.
    Deviation: pipeline and prompt encoder are the submission's, not those of SD 1.5; the square
    covers whole latent cells; the source is encoded with grey in the square; accuracy is measured
    on the crop as well, since the unmasked part of the whole image may be recognised.
    """

    family = "context"
    proven_on = "early_prompt_filter"
    floor_is_control = True
    retention_condition = True
    base_pictures = ("source",)

    def __init__(self, view: View) -> None:
        """Creates the probe for one view of the same images."""
        self.view = view
        self.name = f"inpainting_{view}"
        self.reference = f"{self.name}_unprompted"
        self.summary = _SUMMARIES[view]

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt, inside the source image of the same concept and prompt index."""
        start = inpainting_start(prompt_index)
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=start,
            inpainting=Inpainting(source=source_key(target, prompt_index), noise=start),
        )


def source_key(target: Concept, prompt_index: int) -> str:
    """Key of the base image to be filled in for a target and prompt index."""
    return f"{target.name}/{prompt_index}"
