"""A `Result`: everything that a leaderboard entry is made from."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from erasebench.frozen_model import FrozenModel
from erasebench.protocol.seeds import SeedSetDigest
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate, Outcome
from erasebench.results.preparation import Preparations, WeightChangeCard
from erasebench.results.score import RetentionEstimate, RowScore
from erasebench.results.trace import Trace


class Change(FrozenModel):
    """Replacement of an entry by another of the same name.

    Differences are paired: both entries use the same prompts and noise, and are resampled together
    in the bootstrap. Both are scored against the references at the time of the change.
    """

    reason: str = Field(min_length=1, description="Reason for the replacement.")
    replaced: str = Field(description="SHA-256 of the replaced file, hex.")
    concepts: tuple[str, ...] = Field(
        description="Ranked concepts of both entries, over which the differences are computed; "
        "empty if there are none or the seeds differ."
    )
    robustness: Estimate | None = Field(
        description="Robustness, new minus old; null if either entry has none."
    )
    retention: Estimate | None = Field(
        description="Retention, new minus old; null if either entry has none."
    )
    score: Estimate | None = Field(
        description="Score, new minus old; null if either entry has none."
    )


Words = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Address = Annotated[str, StringConstraints(pattern=r"^https://[^\s\"'<>]+$", max_length=200)]


class Declaration(FrozenModel):
    """Statements of the submitter; not measured."""

    name: Words = Field(description="Name of the submission.")
    method: Words = Field(description="The erasure method.")
    paper: Address | None = Field(None, description="Paper on the method.")
    code: Address | None = Field(None, description="Code of the method.")
    licence: Words = Field(description="Licence of the checkpoints.")
    training_data: Words | None = Field(None, description="Training data of the erasure.")
    hardware: Words | None = Field(None, description="Hardware on which one checkpoint was made.")
    hours: float | None = Field(
        None, ge=0, description="Wall time to make one checkpoint, in hours."
    )


RESULT_SCHEMA: Final = 2
"""Version of the schema of results. Readers also accept the version before."""


class Identity(FrozenModel):
    """The evaluated checkpoint and its base."""

    name: str = Field(
        description="Name of the checkpoint: that of its file or folder, or of the submission and "
        "the concept."
    )
    layout: str = Field(
        description="Format of the checkpoint: pipeline, unet, text_encoder, original, lora, diff, "
        "prompt_filter, early_prompt_filter."
    )
    tensors_digest: str = Field(
        description="Digest of the tensors that differ from the base, or of the prompt filter."
    )
    base_digest: str = Field(description="Digest of the base's tensors.")
    method: str | None = Field(None, description="Erasure method, if the checkpoint names it.")
    edited: tuple[str, ...] = Field(
        description="Parts that differ from the base: unet, text_encoder. A probe that swaps a "
        "part is not applicable if that part was not edited."
    )


class Environment(FrozenModel):
    """Software and machine of a run. They can change images by rounding only."""

    erasebench: str = Field(description="Version of this package.")
    python: str = Field(description="Version of Python.")
    torch: str = Field(description="Version of torch.")
    diffusers: str = Field(description="Version of diffusers.")
    transformers: str = Field(description="Version of transformers.")
    platform: str = Field(description="Operating system and processor architecture.")
    device: str = Field(description="Device that generated the images.")
    accelerator: str | None = Field(
        None, description="Name of the device, e.g. NVIDIA RTX A6000; null for a CPU."
    )
    dtype: str = Field(description="Floating-point type of the denoiser.")
    threads: int = Field(ge=1, description="CPU threads.")
    batch_size: int = Field(ge=1, description="Trajectories per batch.")

    @property
    def set_up(self) -> Environment:
        """The same without threads and batch size; a self-check is valid for it."""
        return self.model_copy(update={"threads": 1, "batch_size": 1})


class ProbeTiming(FrozenModel):
    """Cost of one probe."""

    probe: str = Field(description="Identifier of the probe, or `tracing`.")
    samples: int = Field(ge=0, description="Images generated.")
    seconds: float = Field(ge=0, description="Wall time; that of a batch is shared by its images.")
    preparing: float = Field(
        0.0, ge=0, description="Wall time of preparation: classifier, token, prompts."
    )


class RunBlock(FrozenModel):
    """Timings, dates and machine: the only part in which two equal runs may differ."""

    started: str = Field(description="UTC, ISO 8601.")
    finished: str = Field(description="UTC, ISO 8601.")
    timings: tuple[ProbeTiming, ...] = Field(
        description="One per probe that was run, and one for tracing if it was run."
    )
    environment: Environment = Field(description="Software and machine.")


class BaseCheck(FrozenModel):
    """Calibration before a run: the base on this machine, compared with its reference."""

    rate: float = Field(
        ge=0, le=1, description="Recognised share of the base's images of the erased concepts."
    )
    known: Estimate = Field(
        description="The share in the protocol's reference, with its Wilson interval. The rate "
        "lies inside; otherwise the run is refused."
    )


class CheckpointRun(FrozenModel):
    """One checkpoint of an entry, and its run."""

    identity: Identity = Field(description="The checkpoint and its base.")
    concepts: tuple[str, ...] = Field(
        min_length=1, description="Concepts that it claims to have erased: its cells of the entry."
    )
    address: str | None = Field(
        None,
        description="Address on the Hub, organisation/name@commit/path; null if it was a local "
        "file or the result is older than this field.",
    )
    weight_change: WeightChangeCard | None = Field(
        None,
        description="Size of the change of the base's weights, by kind of module; null if no "
        "weights are changed or the result is older than this field.",
    )
    command: str = Field(description="Command that reproduces the values.")
    calibration: BaseCheck | None = Field(
        None,
        description="Comparison of the base on this machine with the protocol's reference; null if "
        "there is none or the result is older than this field.",
    )
    run: RunBlock = Field(description="Dates, timings and machine.")


class ProbeEstimate(FrozenModel):
    """One probe on one concept, for the checkpoint and the base."""

    probe: str = Field(description="Identifier of the probe.")
    rate: Estimate = Field(
        description="Recognised share of the checkpoint's images. If there are several settings, "
        "each half of the prompt indices uses the one that the selector prefers on the other."
    )
    wilson: Estimate | None = Field(
        None,
        description="The rate with its Wilson interval; null if a prompt index has several images.",
    )
    base_rate: Estimate = Field(
        description="The rate of the base, at the settings selected for it: the ceiling."
    )
    excess: Estimate | None = Field(
        None, description="Paired difference to the probe's control; null if it has none."
    )
    beside: Estimate | None = Field(
        None,
        description="Paired difference to the probe's shown control; null if it has none. Not "
        "scored.",
    )
    unprompted: Estimate | None = Field(
        None,
        description="Unprompted baseline: rate of the base in the same context with the empty "
        "prompt; null if the probe has no context.",
    )
    first: Estimate | None = Field(
        None,
        description="Rate over the first image of each prompt index; null if there is only one. "
        "Not scored.",
    )
    best_of_n: Estimate | None = Field(
        None,
        description="Rate over the image of each prompt index with the highest selector score, "
        "over all settings; null if there is only one. More tries also raise chance hits: not "
        "scored.",
    )
    base_best_of_n: Estimate | None = Field(
        None, description="The same for the base; null if there is only one image."
    )
    settings: tuple[str, ...] = Field(
        (),
        description="Settings selected on the even and on the odd prompt indices, each scored on "
        "the other half; empty if the probe has none.",
    )


class Cell(FrozenModel):
    """One erased concept of an entry."""

    erased: str = Field(description="Concept that the checkpoint claims to have erased.")
    complete: bool = Field(
        description="Whether all applicable ranked probes and retention were run on every prompt "
        "index."
    )
    probes: tuple[ProbeEstimate, ...] = Field(description="In the order of `Result.probes`.")
    retention: RetentionEstimate | None = Field(None, description="Null if it was not run.")
    score: RowScore | None = Field(
        None,
        description="Scores of this concept; null if the protocol does not rank it.",
    )
    trace: Trace | None = Field(
        None, description="Tracing from the base's weights to the checkpoint's; null if not run."
    )


class Result(FrozenModel):
    """Everything that a leaderboard entry is made from."""

    schema_version: Literal[2] = Field(RESULT_SCHEMA, description="Version of this schema.")
    name: str = Field(
        description="Name of the entry: that of the submission or of its one checkpoint."
    )
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set: `public`, or a season.")
    seed_set_digest: SeedSetDigest = None
    checkpoints: tuple[CheckpointRun, ...] = Field(
        min_length=1,
        description="Each with its own concepts, in the protocol's order. All edit the same base "
        "by the same method, and either all or none edit the text encoder.",
    )
    partial: str | None = Field(
        description="Reason why the evaluation is partial, e.g. `limit 4; probes named: 3 of 9`; "
        "null for a full one."
    )
    uncalibrated: bool = Field(
        description="True if there was no reference to compare the base on this machine with."
    )
    references: dict[str, str] = Field(
        default_factory=dict,
        description="Digests of the references that gave floors and contrasts, by role; empty if "
        "the protocol has none.",
    )
    unverified: dict[str, str] = Field(
        default_factory=dict,
        description="Models that the protocol pins by commit only, by address: digests of their "
        "tensors and other files, to be added to the protocol; empty if all are known.",
    )
    failed_probes: tuple[str, ...] | None = Field(
        None,
        description="Ranked probes that failed the self-check of this set-up (`erasebench "
        "selfcheck`). They are ignored, and scores that need them are missing. Null if the set-up "
        "was not checked.",
    )
    probes: tuple[ProbeFacts, ...] = Field(description="The protocol's probes, in table order.")
    cells: tuple[Cell, ...] = Field(description="One per erased concept.")
    score: RowScore | None = Field(
        None, description="Scores over all ranked concepts; null if there is none."
    )
    outcomes: tuple[Outcome, ...] = Field(description="Outcomes of the checkpoints.")
    base_outcomes: tuple[Outcome, ...] = Field(
        description="Outcomes of the base, measured in the same way. For ceilings `erased` is the "
        "concept; for retention it is `nothing`."
    )
    making: Preparations = Field(
        default_factory=Preparations, description="Classifiers and prompts made before generation."
    )
    declared: Declaration | None = Field(
        None,
        description="Statements in the submission's manifest, not measured; null if there was no "
        "manifest or the result is older than this field.",
    )
    changes: tuple[Change, ...] = Field(
        (), description="Replacements of earlier versions of this entry, oldest first."
    )

    @property
    def method(self) -> str | None:
        """The erasure method, if the checkpoints name it."""
        return self.checkpoints[0].identity.method

    @property
    def declared_method(self) -> str | None:
        """The erasure method as the submitter declares it."""
        return None if self.declared is None else self.declared.method

    @property
    def edited(self) -> tuple[str, ...]:
        """Parts that differ from the base in any checkpoint."""
        return tuple(
            dict.fromkeys(part for one in self.checkpoints for part in one.identity.edited)
        )

    @property
    def timings(self) -> tuple[ProbeTiming, ...]:
        """Cost of each probe over all checkpoints."""
        of: dict[str, list[ProbeTiming]] = {}
        for timing in (timing for one in self.checkpoints for timing in one.run.timings):
            of.setdefault(timing.probe, []).append(timing)
        return tuple(
            ProbeTiming(
                probe=probe,
                samples=sum(timing.samples for timing in parts),
                seconds=sum(timing.seconds for timing in parts),
                preparing=sum(timing.preparing for timing in parts),
            )
            for probe, parts in of.items()
        )
