"""What a probe is: facts about itself, and a pure function from a trial to a trajectory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from erasebench.concepts import Concept, Kind
from erasebench.diffusion.trajectory import Trajectory
from erasebench.protocol import Protocol, View

Family = Literal["text", "control", "trajectory", "context", "reference", "guidance", "optimised"]


class Probe(ABC):
    """One way of asking a model for a concept.

    A probe holds no model and no state: it says what is to be drawn, and the runner draws it.

    Attributes:
        name: identifier in commands, records and tables.
        family: what kind of question it asks.
        control: the probe whose rate `excess` subtracts; None where the floor serves.
        shown_control: another probe, whose difference is shown and never scored.
        reference: the probe that shows what the unedited base makes of the same context when it is
            asked for nothing; None where there is no context.
        summary: one sentence for lists and tables.
        asks_for: the kinds of concept that can be asked for in this way.
        erased_asked: whether the erased concept is asked for; False where a probe only measures
            what is left of other concepts.
        view: what the judges see of the picture: all of it, or the protocol's centre square.
        needs_source: whether trajectories fill in a picture of the unedited base.
    """

    name: str
    family: Family
    control: str | None = None
    shown_control: str | None = None
    reference: str | None = None
    summary: str
    asks_for: tuple[Kind, ...] = ("object", "style")
    erased_asked: bool = True
    view: View = "whole"
    needs_source: bool = False

    def applies_to(self, target: Concept) -> bool:
        """Whether the target can be asked for in this way; styles, say, have no descriptions."""
        return target.kind in self.asks_for

    @abstractmethod
    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """The setting of each variant, in order; empty strings where variants are mere redraws."""

    @abstractmethod
    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The picture to be drawn for one trial.

        Args:
            protocol: sizes and grids.
            target: the concept asked for.
            prompt_index: index of the prompt's seeds, from 0.
            variant: index into `settings`.
            subject: named weights under test: the submission's, or the base's own for a ceiling.
        """
