"""The interface of a probe: facts, and a pure function from a trial to a trajectory.

Some probes need a preparation: a learned token, a searched prompt, a classifier. `prepare` makes it
once per target, and the trajectories then refer to it by name.
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
    """Upper bound of a preparation's cost.

    Attributes:
        pictures: images generated to select a prompt.
        updates: optimiser updates.
        rows: rows of UNet calls with a gradient.
        unets: float32 copies of the UNet on disk at the same time, until the run is done.
    """

    pictures: int = 0
    updates: int = 0
    rows: int = 0
    unets: int = 0


class Probe(ABC):
    """A probe: one intervention that may recover a concept.

    A probe holds no model and no state: it describes images, and the runner generates them. The
    products of its preparation are held by the pipeline and the runner.

    Attributes:
        name: identifier in commands, records and tables.
        version: must be raised when prompts, noise, settings or search change: `verify` refuses
            results of another version, and references of another version are not used.
        family: kind of intervention.
        control: the probe whose rate is subtracted to give `excess`; None if the floor is used.
        shown_control: another probe, whose difference is shown and not scored.
        reference: the unprompted baseline: the original model in the same context with the empty
            prompt; None for probes without a context.
        floor: the probe of the original model that gives the floor in a protocol without a
            retrained model; None if the floor is 0 there.
        summary: one sentence for lists and tables.
        asks_for: kinds of concepts that the probe applies to.
        erased_asked: whether it is run for the erased concept; False for probes that only measure
            retention.
        view: part of the image that the judges see: the whole, or the protocol's centre square.
        base_pictures: kinds of images by the original model that it needs.
        of_edited_encoders: whether it applies only to models with an edited text encoder.
        floor_is_control: whether the floor is its control, since the context alone may show the
            concept.
        unoptimised: whether it uses prompts, noise and context alone, without guidance or
            optimisation; a concept that it recovers was avoided, not removed.
        guided: whether it uses the latent classifier of a concept.
        on_base: the probe run instead on the original and the retrained model, if this one swaps a
            part of the submission for the original one; None if it is run itself.
        retention_condition: whether retention is also measured under it, where it is ranked.
        proven_on: the planted erasure that it must recover in the self-check, where it is ranked;
            None for none.
        proven_with: the only setting that the self-check uses; None for all.
        stands_for_retrain: whether it is run on the original model instead of a retrained model,
            and so only in a protocol without one.
        unprompted_for_retrain: whether its unprompted baseline only replaces the retrained model,
            and is not run by other protocols.
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
        """Whether the probe applies to the target; styles, for example, have no descriptions."""
        return target.kind in self.asks_for

    @abstractmethod
    def settings(self, protocol: Protocol) -> tuple[str, ...]:
        """The setting of each variant, in order; empty strings if variants differ only in noise."""

    def variants(self, protocol: Protocol, *, encoder_edited: bool) -> range:
        """The variants that apply to a model.

        Args:
            protocol: sizes and grids.
            encoder_edited: whether the model's text encoder differs from the base's.
        """
        if self.of_edited_encoders and not encoder_edited:
            return range(0)
        return range(len(self.settings(protocol)))

    def retention_variant(self, protocol: Protocol, prompt_index: int) -> int:
        """The variant that measures retention at a prompt index."""
        return 0

    def effort(self, protocol: Protocol, indices: int, *, encoder_edited: bool) -> Effort:
        """Upper bound of the cost of `prepare` for one target; by default nothing.

        Args:
            protocol: sizes and budgets.
            indices: number of prompt indices.
            encoder_edited: see `variants`.
        """
        return Effort()

    def prepare(self, context: Context) -> Preparation | None:
        """Prepares the probe for a target; None if it needs no preparation.

        An interrupted preparation resumes, and a finished one is reused.

        Raises:
            DiskFullError: if progress cannot be stored.
        """
        return None

    @abstractmethod
    def trajectory(
        self, protocol: Protocol, target: Concept, prompt_index: int, variant: int, subject: str
    ) -> Trajectory:
        """The image to generate for one trial.

        Args:
            protocol: sizes and grids.
            target: the concept to generate.
            prompt_index: index of the prompt's seeds, from 0.
            variant: index into `settings`.
            subject: name of the weights under test: the submission's, or the base's for a ceiling.
        """
