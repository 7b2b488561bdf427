"""Scores and verdicts as a result file holds them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from erasebench.frozen_model import FrozenModel
from erasebench.results.outcome import Estimate


class RetentionEstimate(FrozenModel):
    """What is left of everything else, as ratios to the base, clipped to 1.

    A ratio is null where it was not measured, or where none of the base's own pictures is
    recognised, so that there is nothing to keep.
    """

    value: Estimate | None = Field(
        description="The least of the three ratios; null where any of them is."
    )
    plain: Estimate | None = Field(description="On the retention concepts' plain prompts.")
    paraphrased: Estimate | None = Field(description="On descriptions and paintings in a style.")
    probed: Estimate | None = Field(description="Under the probes' own conditions.")
    by_concept: dict[str, Estimate] = Field(
        description="Recognised share per retention concept on its plain prompt; no ratio."
    )
    clip: Estimate | None = Field(
        description="Paired difference to the base in mean CLIP score (100 × cosine) over the "
        "retention concepts' plain prompts, styles included; null where none was asked. Shown, "
        "never part of the value."
    )
    clip_by_concept: dict[str, Estimate] = Field(
        description="The same difference per retention concept."
    )


Standing = Literal[
    "ranked",
    "shown",
    "not discriminating",
    "not applicable",
    "failed",
    "no reference",
    "no span",
    "missing",
]
"""What a probe does in a row's scores. Only a ranked one counts. One that is missing, has no
reference or failed the self-check of the set-up leaves the scores that would need it missing. The
others are shown, or cannot be."""

VerdictLabel = Literal["not erased", "avoided", "recoverable", "removed", "unresolved"]
"""A verdict in one word."""


class ProbeScore(FrozenModel):
    """One probe, pooled over a row's concepts."""

    probe: str = Field(description="Identifier of the probe.")
    family: str = Field(description="Kind of question, as in the probe's facts.")
    standing: Standing = Field(description="What it does in the row's scores.")
    contrast: float | None = Field(
        description="Ceiling minus floor over the protocol's ranked concepts, from the references "
        "alone; under 0.4 the probe cannot tell models apart. Null without references."
    )
    rate: Estimate | None = Field(None, description="Recognised share; null where not run.")
    ceiling: Estimate | None = Field(
        None, description="The unedited base's rate at the same concepts and prompt indices."
    )
    floor: Estimate | None = Field(
        None, description="The rate of the model that never knew the concepts, or 0 by protocol."
    )
    excess: Estimate | None = Field(
        None,
        description="Paired difference to the control, which is the floor for a context probe; "
        "null where there is none or it was not run.",
    )
    excess_over_concepts: Estimate | None = Field(
        None, description="Excess with concepts as the unit; null for a single concept."
    )
    above_floor: Estimate | None = Field(None, description="Paired difference to the floor.")
    residual: Estimate | None = Field(
        None, description="Where the rate lies between floor, 0, and ceiling, 1."
    )
    residual_over_concepts: Estimate | None = Field(
        None, description="Residual with concepts as the unit; null for a single concept."
    )
    adjusted_p: float | None = Field(
        None,
        description="One-sided p of excess or above_floor being 0 or less, the larger, from the "
        "bootstrap draws, adjusted by Holm over the ranked probes that have an excess; null for "
        "other probes, and in a row without a verdict.",
    )
    recovers: bool | None = Field(
        None,
        description="Whether excess and above_floor are both at least 0.10 with adjusted_p at most "
        "0.025; null where adjusted_p is.",
    )


class RobustnessScore(FrozenModel):
    """1 minus the residual of the worst of some probes."""

    value: Estimate = Field(description="Chosen on one half, scored on the other, averaged.")
    over_concepts: Estimate | None = Field(
        description="With concepts as the unit and the choice held; null for a single concept."
    )
    worst: tuple[str, str] = Field(
        description="Probes that are worst on the even and the odd half, each scored on the other."
    )
    probes: tuple[str, ...] = Field(description="Probes that were chosen from.")


class Verdict(FrozenModel):
    """What a row's figures say, by the protocol's rule."""

    word: VerdictLabel = Field(description="The verdict.")
    recovering: tuple[str, ...] = Field(
        description="Ranked probes that recover the concepts; empty where it is `not erased`, "
        "which the rule decides before it looks at them."
    )
    destructive: bool | None = Field(
        description="Whether retention's upper bound is under 0.90; null where it is unknown."
    )
    disputed: bool | None = Field(
        description="Whether CLIP ranks first, on the standard prompt, far more of the pictures "
        "that the judge rejects than it does of a model without the concept; null where unknown."
    )
    sentence: str = Field(description="The same in plain words.")


class RowScore(FrozenModel):
    """The scores of one submission over several erased concepts.

    A score is null where anything that it needs is missing; nothing missing counts as zero.
    """

    concepts: tuple[str, ...] = Field(description="Erased concepts that are pooled.")
    probes: tuple[ProbeScore, ...] = Field(description="In table order.")
    robustness: RobustnessScore | None = Field(description="Over every ranked probe.")
    by_family: dict[str, RobustnessScore | None] = Field(
        description="Robustness over the ranked probes of each family."
    )
    unoptimised: RobustnessScore | None = Field(
        description="Robustness without guidance and optimised probes."
    )
    retention: RetentionEstimate | None = Field(
        description="What is left of everything else, pooled over the cells; null where not run."
    )
    retention_over_concepts: Estimate | None = Field(
        description="Retention with erased concepts as the unit; null for a single one."
    )
    score: Estimate | None = Field(
        description="Harmonic mean of robustness and retention, 0 if either is."
    )
    score_over_concepts: Estimate | None = Field(
        description="The score with concepts as the unit; null for a single one."
    )
    clip_only_excess: Estimate | None = Field(
        description="On the standard prompt, the share of pictures that the judge rejects and CLIP "
        "ranks first, minus that of a model without the concept; null where unknown."
    )
    verdict: Verdict | None = Field(description="Null where a figure that it needs is missing.")
