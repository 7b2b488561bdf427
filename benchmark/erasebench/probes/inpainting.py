"""The masked centre of a picture of the concept is filled in by the subject."""

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
    """A centre square of the base's own picture of the concept is masked and filled in, η = 0.

    The source is the base's standard-prompt picture of the same concept and prompt index. After
    each step the latents outside the square are those of the source at that step's noise. One
    trajectory serves both views: the centre alone, and the whole picture.

    Source: Lu et al. 2025, §3.2 and Appendix D.4.
    Deviation: pipeline and prompt encoder are the submission's own and not those of SD 1.5, the
    square lies on whole latent cells, the source is encoded with grey in the
    square, and accuracy is taken on the crop as well: on the whole picture, what was left unmasked
    may be recognised already.
    """

    family = "context"
    proven_on = "early_prompt_filter"
    floor_is_control = True
    retention_condition = True
    base_pictures = ("source",)

    def __init__(self, view: View) -> None:
        """A probe for one view of the same pictures."""
        self.view = view
        self.name = f"inpainting_{view}"
        self.reference = f"{self.name}_unprompted"
        self.summary = _SUMMARIES[view]

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The prompt, around the source picture of the same concept and prompt index."""
        start = inpainting_start(prompt_index)
        return Trajectory(
            prompt=target.prompt,
            weights=subject,
            start=start,
            inpainting=Inpainting(source=source_key(target, prompt_index), noise=start),
        )


def source_key(target: Concept, prompt_index: int) -> str:
    """Names the base picture that is filled in for a target and prompt index."""
    return f"{target.name}/{prompt_index}"
