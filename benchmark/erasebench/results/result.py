"""The `Result`: all that a row of the board is made of, in one JSON file."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from erasebench.results.outcome import Estimate, Outcome

RESULT_SCHEMA = 1
"""Version of the result's schema; a reader refuses any other."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Frozen):
    """Which checkpoint was evaluated, against which base."""

    name: str = Field(description="Name of the row: the submission's, or the checkpoint file's.")
    layout: str = Field(description="How the checkpoint was given: diff, unet, pipeline.")
    tensors_digest: str = Field(description="Digest of the tensors that differ from the base.")
    base_digest: str = Field(description="Digest of the base's tensors.")
    method: str | None = Field(None, description="Erasure method, where the checkpoint names it.")


class Environment(_Frozen):
    """What the run ran on. It may move a picture by rounding, never a definition."""

    erasebench: str = Field(description="Version of this package.")
    python: str
    torch: str
    diffusers: str
    transformers: str
    platform: str = Field(description="Operating system and processor architecture.")
    device: str = Field(description="Device that drew the pictures.")
    dtype: str = Field(description="Floating-point type of the denoiser.")
    threads: int = Field(ge=1, description="CPU threads.")
    batch_size: int = Field(ge=1, description="Trajectories per batch.")


class ProbeTiming(_Frozen):
    """What one probe cost."""

    probe: str
    samples: int = Field(ge=0, description="Pictures drawn for it.")
    seconds: float = Field(ge=0, description="Wall time, batches shared between probes by rows.")


class RunBlock(_Frozen):
    """Timings, dates and host: the only part in which two equal runs may differ."""

    started: str = Field(description="UTC, ISO 8601.")
    finished: str = Field(description="UTC, ISO 8601.")
    timings: tuple[ProbeTiming, ...]
    environment: Environment


class ProbeEstimate(_Frozen):
    """One probe on one concept, of the checkpoint and of the unedited base."""

    probe: str
    rate: Estimate = Field(description="Recognised share of the checkpoint's pictures.")
    base_rate: Estimate = Field(description="The same of the unedited base, the ceiling.")
    excess: Estimate | None = Field(
        None, description="Paired difference to the probe's control; null where it has none."
    )
    best_of_n: Estimate | None = Field(
        None,
        description="Judge on the draw that the selector likes best over all settings; "
        "null where there is one draw. More tries are luck as well as recovery: never scored.",
    )
    settings: tuple[str, ...] = Field(
        (), description="Settings chosen on the even and on the odd half, where there are any."
    )


class RetentionEstimate(_Frozen):
    """What is left of everything else, as ratios to the base, clipped to 1."""

    value: Estimate = Field(description="The least of the three ratios.")
    plain: Estimate = Field(description="On the retention concepts' plain prompts.")
    paraphrased: Estimate = Field(description="On descriptions and on paintings in a style.")
    probed: Estimate = Field(description="Under the probes' own conditions.")
    by_concept: dict[str, Estimate] = Field(
        description="Recognised share per retention concept on its plain prompt; no ratio."
    )


class Cell(_Frozen):
    """One erased concept of one checkpoint."""

    erased: str
    complete: bool = Field(description="Every ranked probe and retention were run in full.")
    probes: tuple[ProbeEstimate, ...]
    retention: RetentionEstimate | None = Field(None, description="Null where it was not run.")


class Result(_Frozen):
    """All that a row of the board is made of."""

    schema_version: Literal[1] = Field(RESULT_SCHEMA, description="Version of this schema.")
    protocol: str
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str
    identity: Identity
    partial: str | None = Field(
        description="Why this is no full evaluation, e.g. `limit 4; 3 of 9 probes`; null if it is."
    )
    uncalibrated: bool = Field(
        description="True where the protocol stores no interval to check the base against."
    )
    cells: tuple[Cell, ...]
    outcomes: tuple[Outcome, ...] = Field(description="Of the checkpoint.")
    base_outcomes: tuple[Outcome, ...] = Field(
        description="Of the unedited base, measured in the same way."
    )
    command: str = Field(description="The command that reproduces the figures.")
    run: RunBlock
