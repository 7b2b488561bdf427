"""What a probe is: facts about itself, and a pure function from a trial to a trajectory.

Some must make something first: learn a token, search a prompt, fetch a classifier. They do so in
`prepare`, once for a target, and their trajectories then name what was made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from erasebench.concepts import Concept, Kind
from erasebench.diffusion.trajectory import Trajectory
from erasebench.probes.context import Context, Preparation
from erasebench.protocol import Protocol, View

if TYPE_CHECKING:
    from erasebench.optimisation.base_pictures import BasePictures

Family = Literal["text", "control", "trajectory", "context", "reference", "guidance", "optimised"]


@dataclass(frozen=True)
class Effort:
    """What a preparation spends at most.

    Attributes:
        pictures: drawn to choose a prompt among.
        updates: of an optimiser.
        rows: rows of UNet calls through which a gradient flows.
        unets: float32 copies of the UNet that lie on disk at once, until the run is done.
    """

    pictures: int = 0
    updates: int = 0
    rows: int = 0
    unets: int = 0


class Probe(ABC):
    """One way of asking a model for a concept.

    A probe holds no model and no state: it says what is to be drawn, and the runner draws it.
    What it makes before that lies in the pipeline and in the runner's hands.

    Attributes:
        name: identifier in commands, records and tables.
        family: what kind of question it asks.
        control: the probe whose rate `excess` subtracts; None where the floor serves.
        shown_control: another probe, whose difference is shown and never scored.
        reference: the probe that shows what the unedited base makes of the same context when it is
            asked for nothing; None where there is no context.
        floor: the probe of the unedited base that gives the floor in a protocol without a model
            that never knew its concepts; None where the floor is 0 there.
        summary: one sentence for lists and tables.
        asks_for: the kinds of concept that can be asked for in this way.
        erased_asked: whether the erased concept is asked for; False where a probe only measures
            what is left of other concepts.
        view: what the judges see of the picture: all of it, or the protocol's centre square.
        base_pictures: pictures of the unedited base that it needs.
        makes: what it makes before it asks, in a few words; None where it asks at once.
        of_edited_encoders: whether it can be asked only of a model whose text encoder was edited.
    """

    name: str
    family: Family
    control: str | None = None
    shown_control: str | None = None
    reference: str | None = None
    floor: str | None = None
    summary: str
    asks_for: tuple[Kind, ...] = ("object", "style")
    erased_asked: bool = True
    view: View = "whole"
    base_pictures: tuple[BasePictures, ...] = ()
    makes: str | None = None
    of_edited_encoders: bool = False

    def applies_to(self, target: Concept) -> bool:
        """Whether the target can be asked for in this way; styles, say, have no descriptions."""
        return target.kind in self.asks_for

    @abstractmethod
    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """The setting of each variant, in order; empty strings where variants are mere redraws."""

    def variants(self, protocol: Protocol, *, encoder_edited: bool) -> range:
        """The variants that can be drawn of a model; all of them, unless it lacks what they need.

        Args:
            protocol: sizes and grids.
            encoder_edited: whether the model's text encoder is another than the base's.
        """
        if self.of_edited_encoders and not encoder_edited:
            return range(0)
        return range(len(self.settings(protocol)))

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """The most that `prepare` spends on one target; nothing, for most.

        Args:
            protocol: sizes and budgets.
            indices: prompt indices that are asked.
            encoder_edited: see `variants`.
        """
        return Effort()

    def prepare(self, context: Context) -> Preparation:
        """Makes what the probe needs of a target before it asks; nothing, for most.

        A preparation that was killed goes on where it stood, and one that is done is found again.

        Raises:
            DiskFullError: if progress cannot be kept.
        """
        return Preparation()

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
