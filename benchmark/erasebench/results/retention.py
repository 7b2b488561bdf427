"""What is left of everything else, as a result states it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from erasebench.results.outcome import Estimate


class RetentionEstimate(BaseModel):
    """What is left of everything else, as ratios to the base, clipped to 1.

    A ratio is null where it was not measured, or where none of the base's own pictures is
    recognised, so that there is nothing to keep.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
