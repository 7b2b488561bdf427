"""Why a row of the board was replaced, and what that moved."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from erasebench.results.outcome import Estimate


class Change(BaseModel):
    """One replacement of a row by another of the same name.

    Differences are paired: both rows answered the same prompts from the same noise, and are drawn
    together in the bootstrap. They are scored against the references of the day of the change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
