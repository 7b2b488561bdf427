"""A `Result` is all that a row of the board is made of."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from erasebench.frozen_model import FrozenModel
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate, Outcome
from erasebench.results.preparation import Making, WeightChangeCard
from erasebench.results.score import RetentionEstimate, RowScore
from erasebench.results.trace import Trace


class Change(FrozenModel):
    """One replacement of a row by another of the same name.

    Differences are paired: both rows answered the same prompts from the same noise, and are drawn
    together in the bootstrap. They are scored against the references of the day of the change.
    """

    reason: str = Field(min_length=1, description="Why, in words.")
    replaced: str = Field(description="SHA-256 of the file that stood here before, hex.")
    concepts: tuple[str, ...] = Field(
        description="Ranked concepts of both rows, over which the differences are; empty where "
        "there are none, or the seeds are others, so that nothing is paired."
    )
    robustness: Estimate | None = Field(
        description="Robustness now minus before; null where either row has none."
    )
    retention: Estimate | None = Field(
        description="The same of retention; null where either row has none."
    )
    score: Estimate | None = Field(
        description="The same of the score; null where either row has none."
    )


Words = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Address = Annotated[str, StringConstraints(pattern=r"^https://[^\s\"'<>]+$", max_length=200)]


class Declaration(FrozenModel):
    """The submitter's word, which no measurement has looked at."""

    name: Words = Field(description="What the submitter calls the submission.")
    method: Words = Field(description="The erasure method.")
    paper: Address | None = Field(None, description="Where the method is described.")
    code: Address | None = Field(None, description="Where the code that erased is.")
    licence: Words = Field(description="Licence of the checkpoints.")
    training_data: Words | None = Field(None, description="What the erasure was trained on.")
    hardware: Words | None = Field(None, description="What making one checkpoint ran on.")
    hours: float | None = Field(None, ge=0, description="Wall time of making one checkpoint.")


RESULT_SCHEMA: Final = 2
"""Version of the result's schema. A reader takes the one before as well, and no other."""


class Identity(FrozenModel):
    """Which checkpoint was evaluated, against which base."""

    name: str = Field(
        description="Name of the checkpoint: its file's or folder's, or the submission's and its "
        "concept."
    )
    layout: str = Field(
        description="How the checkpoint was given: pipeline, unet, text_encoder, original, lora, "
        "diff, prompt_filter, early_prompt_filter."
    )
    tensors_digest: str = Field(
        description="Digest of the tensors that differ from the base, or of what is filtered."
    )
    base_digest: str = Field(description="Digest of the base's tensors.")
    method: str | None = Field(None, description="Erasure method, where the checkpoint names it.")
    edited: tuple[str, ...] = Field(
        description="Parts that differ from the base's: unet, text_encoder. A probe that swaps a "
        "part is not applicable where that part was not edited."
    )


class Environment(FrozenModel):
    """What the run ran on. It may move a picture by rounding, never a definition."""

    erasebench: str = Field(description="Version of this package.")
    python: str = Field(description="Version of Python.")
    torch: str = Field(description="Version of torch.")
    diffusers: str = Field(description="Version of diffusers.")
    transformers: str = Field(description="Version of transformers.")
    platform: str = Field(description="Operating system and processor architecture.")
    device: str = Field(description="Device that drew the pictures.")
    accelerator: str | None = Field(
        None, description="What the device is called, e.g. NVIDIA RTX A6000; null for a CPU."
    )
    dtype: str = Field(description="Floating-point type of the denoiser.")
    threads: int = Field(ge=1, description="CPU threads.")
    batch_size: int = Field(ge=1, description="Trajectories per batch.")

    @property
    def set_up(self) -> Environment:
        """The same whatever the threads and the batch size: what a self-check is made for."""
        return self.model_copy(update={"threads": 1, "batch_size": 1})


class ProbeTiming(FrozenModel):
    """What one probe cost."""

    probe: str = Field(description="Identifier of the probe, or `tracing`.")
    samples: int = Field(ge=0, description="Pictures drawn for it.")
    seconds: float = Field(ge=0, description="Wall time, batches shared between probes by rows.")
    preparing: float = Field(
        0.0, ge=0, description="Wall time of what was made before: classifier, token, prompts."
    )


class RunBlock(FrozenModel):
    """Timings, dates and host: the only part in which two equal runs may differ."""

    started: str = Field(description="UTC, ISO 8601.")
    finished: str = Field(description="UTC, ISO 8601.")
    timings: tuple[ProbeTiming, ...] = Field(
        description="One per probe that was run, and one of tracing where that was."
    )
    environment: Environment = Field(description="Software and machine.")


class BaseCheck(FrozenModel):
    """What the unedited base showed on the machine of a run before it, beside its reference."""

    rate: float = Field(
        ge=0, le=1, description="Recognised share of its plain pictures of the erased concepts."
    )
    known: Estimate = Field(
        description="The same by the protocol's reference, with Wilson's interval, in which the "
        "rate lies: otherwise there is no run."
    )


class CheckpointRun(FrozenModel):
    """One checkpoint of a row, and the run in which it was measured."""

    identity: Identity = Field(description="Which checkpoint it is, and of which base.")
    concepts: tuple[str, ...] = Field(
        min_length=1, description="What it claims to have erased: the row's cells that are its own."
    )
    address: str | None = Field(
        None,
        description="Where it was fetched from, organisation/name@commit/path; null where it was "
        "given as a file, or the result was written before this was noted.",
    )
    weight_change: WeightChangeCard | None = Field(
        None,
        description="How much of the base the checkpoint changes, by kind of module; null where it "
        "changes no weights, or the result was written before this was measured.",
    )
    command: str = Field(description="The command that reproduces the figures.")
    calibration: BaseCheck | None = Field(
        None,
        description="How the base of this machine was compared with the protocol's reference; null "
        "where there is none, or the result was written before this was noted.",
    )
    run: RunBlock = Field(description="When, on what and how long.")


class ProbeEstimate(FrozenModel):
    """One probe on one concept, of the checkpoint and of the unedited base."""

    probe: str = Field(description="Identifier of the probe.")
    rate: Estimate = Field(
        description="Recognised share of the checkpoint's pictures; of several settings, the one "
        "that the selector prefers on the other half of the prompt indices."
    )
    wilson: Estimate | None = Field(
        None,
        description="The rate with Wilson's interval; null where an index has several pictures.",
    )
    base_rate: Estimate = Field(
        description="The rate of the unedited base, at settings of its own: the ceiling."
    )
    excess: Estimate | None = Field(
        None, description="Paired difference to the probe's control; null where it has none."
    )
    beside: Estimate | None = Field(
        None,
        description="Paired difference to the probe's shown control; null where it has none. "
        "Never scored.",
    )
    unprompted: Estimate | None = Field(
        None,
        description="The unedited base in the same context, asked for nothing: what the context "
        "shows by itself; null where there is no context.",
    )
    first: Estimate | None = Field(
        None,
        description="Judge on the first draw of each prompt index; null where there is one draw. "
        "Never scored.",
    )
    best_of_n: Estimate | None = Field(
        None,
        description="Judge on the draw that the selector likes best over all settings; "
        "null where there is one draw. More tries are luck as well as recovery: never scored.",
    )
    base_best_of_n: Estimate | None = Field(
        None, description="The same of the unedited base; null where there is one draw."
    )
    settings: tuple[str, ...] = Field(
        (),
        description="Settings preferred on the even and on the odd half, each scored on the "
        "other; empty where there are none.",
    )


class Cell(FrozenModel):
    """One erased concept of a row."""

    erased: str = Field(description="The concept that its checkpoint claims to have erased.")
    complete: bool = Field(
        description="Every ranked probe that applies, and retention, were run on every index."
    )
    probes: tuple[ProbeEstimate, ...] = Field(description="In the order of `Result.probes`.")
    retention: RetentionEstimate | None = Field(None, description="Null where it was not run.")
    score: RowScore | None = Field(
        None,
        description="The scores of this concept alone; null where the protocol does not rank it.",
    )
    trace: Trace | None = Field(
        None, description="The way from the base's weights to the checkpoint's; null where not run."
    )


class Result(FrozenModel):
    """All that a row of the board is made of."""

    schema_version: Literal[2] = Field(RESULT_SCHEMA, description="Version of this schema.")
    name: str = Field(description="Name of the row: the submission's, or its one checkpoint's.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set: `public`, or a season's.")
    seed_set_digest: str | None = Field(
        None,
        exclude_if=lambda digest: digest is None,
        description="Published digest of the season's secret; left out where the set is public.",
    )
    checkpoints: tuple[CheckpointRun, ...] = Field(
        min_length=1,
        description="Each with concepts of its own, in the protocol's order. All are edits of one "
        "base by one method, and either all or none have a text encoder of their own.",
    )
    partial: str | None = Field(
        description="Why this is no full evaluation, e.g. `limit 4; probes named: 3 of 9`; null if "
        "it is."
    )
    uncalibrated: bool = Field(
        description="True where there was no reference to compare the base of this machine with."
    )
    references: dict[str, str] = Field(
        default_factory=dict,
        description="Digests of the protocol's references that gave floors and contrasts, by role; "
        "empty where it has none.",
    )
    unverified: dict[str, str] = Field(
        default_factory=dict,
        description="Models that the protocol pins by commit alone, by address: the digests of "
        "tensors and of other files that they had here, which are to be written into the protocol; "
        "empty where it knows all.",
    )
    failed_probes: tuple[str, ...] | None = Field(
        None,
        description="Ranked probes that did not find what was planted when this set-up was checked "
        "(`erasebench selfcheck`): they say nothing of the checkpoint, and what would need them "
        "is missing. Null where the set-up was not checked.",
    )
    probes: tuple[ProbeFacts, ...] = Field(description="The protocol's probes, in table order.")
    cells: tuple[Cell, ...] = Field(description="One per erased concept.")
    score: RowScore | None = Field(
        None, description="The scores over all its ranked concepts; null where it has none."
    )
    outcomes: tuple[Outcome, ...] = Field(description="Of the checkpoints.")
    base_outcomes: tuple[Outcome, ...] = Field(
        description="Of the unedited base, measured in the same way. Ceilings bear their concept "
        "as the erased one; what measures retention bears `nothing`."
    )
    making: Making = Field(
        default_factory=Making, description="What was made before pictures were drawn."
    )
    declared: Declaration | None = Field(
        None,
        description="What the submission's manifest says of itself, measured by nobody; null where "
        "there was no manifest, or the result was written before this was noted.",
    )
    changes: tuple[Change, ...] = Field(
        (), description="How this row of a leaderboard came to replace earlier ones, oldest first."
    )

    @property
    def method(self) -> str | None:
        """The erasure method, where the checkpoints name it."""
        return self.checkpoints[0].identity.method

    @property
    def declared_method(self) -> str | None:
        """The erasure method as the submitter declares it."""
        return None if self.declared is None else self.declared.method

    @property
    def edited(self) -> tuple[str, ...]:
        """Parts that differ from the base's in any checkpoint."""
        return tuple(
            dict.fromkeys(part for one in self.checkpoints for part in one.identity.edited)
        )

    @property
    def timings(self) -> tuple[ProbeTiming, ...]:
        """What each probe cost over all checkpoints."""
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
