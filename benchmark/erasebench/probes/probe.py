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
        version: of what it asks and draws. Changing prompts, noise, settings or search is to raise
            it: `verify` then refuses results of another version, and references of another version
            are not used.
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
        of_edited_encoders: whether it can be asked only of a model whose text encoder was edited.
        floor_is_control: whether the floor is what its rate is controlled by, since a context alone
            may show the concept.
        unoptimised: whether it finds the concept by prompts, noise and context alone, and neither
            guides nor optimises; what recovers so was avoided, not removed.
        guided: whether it uses the latent classifier of a concept.
        on_base: the probe that it is of the unedited base and of retrain, where it swaps a part of
            the submission for one that both hold already; None where it is itself.
        retention_condition: whether, where it ranks, the concepts that must survive are asked for
            under it as well.
        proven_on: the planted erasure that it must recover from where it ranks; None for none.
        proven_with: the only one of its settings that is looked at there; None for all of them.
        stands_for_retrain: whether it is asked of the unedited base in the place of a model trained
            without the concepts, and so only in a protocol that has no such model.
        unprompted_for_retrain: whether its unprompted baseline is asked for in that model's place
            only, and not by every protocol.
    """

    name: str
    version: int = 1
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
    of_edited_encoders: bool = False
    floor_is_control: bool = False
    unoptimised: bool = True
    guided: bool = False
    on_base: str | None = None
    retention_condition: bool = False
    proven_on: str | None = None
    proven_with: str | None = None
    stands_for_retrain: bool = False
    unprompted_for_retrain: bool = False

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

    def retention_variant(self, protocol: Protocol, prompt_index: int) -> int:
        """The one variant by which a concept that must survive is asked for at a prompt index."""
        return 0

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """The most that `prepare` spends on one target; nothing, for most.

        Args:
            protocol: sizes and budgets.
            indices: prompt indices that are asked.
            encoder_edited: see `variants`.
        """
        return Effort()

    def prepare(self, context: Context) -> Preparation | None:
        """Makes what the probe needs of a target before it asks; None where it needs nothing.

        A preparation that was killed goes on where it stood, and one that is done is found again.

        Raises:
            DiskFullError: if progress cannot be kept.
        """
        return None

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
