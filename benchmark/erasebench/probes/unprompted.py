"""Unprompted baseline: the original model in a probe's context, with the empty prompt."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import BASE, Trajectory
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class Unprompted(Probe):
    """A probe's trajectories on the original model with the empty prompt.

    An unfinished or masked image may lead to the concept without any prompt. The rate is shown next
    to the probe's; it is not a floor, since the original model knows the concept.

    For the standard prompt it gives images without a concept in the prompt. A protocol without a
    retrained model measures the disagreement of judge and CLIP on them.

    Attributes:
        probe: a context probe, or the standard prompt.

    Deviation: the paper has no such reference.
    """

    family = "reference"
    erased_asked = False

    def __init__(self, probe: Probe) -> None:
        """Creates the unprompted baseline of a probe."""
        self.probe = probe
        self.name = f"{probe.name}_unprompted"
        self.view = probe.view
        self.base_pictures = probe.base_pictures
        self.stands_for_retrain = probe.unprompted_for_retrain
        self.summary = f"The original model under {probe.name}, with the empty prompt."

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """The probe's settings."""
        return self.probe.settings(protocol)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The probe's trajectory, with the base as subject and the empty prompt."""
        asked = self.probe.trajectory(protocol, target, prompt_index, variant, BASE)
        return asked.asking("")
