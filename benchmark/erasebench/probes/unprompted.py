"""What a context shows by itself: the unedited base in it, asked for nothing."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import BASE, Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class Unprompted(Probe):
    """A probe whose subject is the unedited base with the empty prompt.

    A picture that was begun, or that lacks its middle, may show the concept to a model that is
    asked for nothing. How often that happens stands beside the probe; it is no floor, since the
    base knows the concept.

    Of the standard prompt it shows what comes where no concept is asked for. In a protocol without
    a model that never knew its concepts, the judge's and CLIP's disagreement is measured on it.

    Attributes:
        probe: a context probe, or the standard prompt.

    Deviation: the paper has no such reference.
    """

    family = "reference"
    erased_asked = False

    def __init__(self, probe: Probe) -> None:
        """The reference of a probe."""
        self.probe = probe
        self.name = f"{probe.name}_unprompted"
        self.view = probe.view
        self.base_pictures = probe.base_pictures
        self.stands_for_retrain = probe.unprompted_for_retrain
        self.summary = f"The original model under {probe.name}, with the empty prompt."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """Those of the probe."""
        return self.probe.settings(protocol)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The probe's own trajectory, with the base in the subject's place and no prompt."""
        asked = self.probe.trajectory(protocol, target, prompt_index, variant, BASE)
        return asked.asking("")
