"""Hand-over: the clean image implied when the base stops; the floor of a completion."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Opening, Trajectory
from erasebench.probes.diffusion_completion import DiffusionCompletion
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class HandOver(Probe):
    """The clean latent x̂0 implied by the base's last step before the hand-over, decoded.

    It is the result of a subject that adds nothing. In a protocol without a retrained model it is
    the floor of a completion; otherwise the floor is the retrained model's own completion, and
    this probe is not run.

    Attributes:
        probe: the completion.

    Deviation: the paper has no floors.
    """

    family = "reference"
    erased_asked = False
    stands_for_retrain = True

    def __init__(self, probe: DiffusionCompletion) -> None:
        """Creates the floor of a completion."""
        self.probe = probe
        self.name = str(probe.floor)
        self.view = probe.view
        self.summary = (
            f"Clean image implied by the original model's last step of {probe.name} (x̂0)."
        )

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single variant, without a setting."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The completion's first steps alone."""
        return Trajectory(
            prompt=target.prompt,
            weights=BASE,
            start=prompt_start(prompt_index),
            opening=Opening(BASE, target.prompt, self.probe.start_step, hands_over=False),
        )
