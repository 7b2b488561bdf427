"""What the unedited base has already drawn when it hands over: the floor of a completion."""

from __future__ import annotations

from erasebench.concepts import Concept
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, Opening, Trajectory
from erasebench.probes.diffusion_completion import DiffusionCompletion
from erasebench.probes.probe import Probe
from erasebench.protocol import Protocol


class HandOver(Probe):
    """The clean latent that the base's last step before the hand-over implies, x̂0, decoded.

    A subject that adds nothing leaves what the base has put in. Where no model was trained that
    never knew the concept, this is the floor of a completion; where one was, the floor is that
    model's own completion, and nobody is asked this.

    Attributes:
        probe: the completion.

    Deviation: the paper has no floors.
    """

    family = "reference"
    erased_asked = False
    stands_for_retrain = True

    def __init__(self, probe: DiffusionCompletion) -> None:
        """The floor of a completion."""
        self.probe = probe
        self.name = str(probe.floor)
        self.view = probe.view
        self.summary = (
            f"Clean image implied by the original model's last step of {probe.name} (x̂0)."
        )

    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """A single draw."""
        return ("",)

    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The completion's own first steps, and none after them."""
        return Trajectory(
            prompt=target.prompt,
            weights=BASE,
            start=prompt_start(prompt_index),
            opening=Opening(BASE, target.prompt, self.probe.start_step, hands_over=False),
        )
