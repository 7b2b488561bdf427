"""Outcomes, the condensed records that all statistics use, and estimates."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from erasebench.frozen_model import FrozenModel

OutcomeKey = tuple[str, str, str, int, str]
"""(erased concept, target, probe, prompt index, setting)."""


class Outcome(FrozenModel):
    """All images of one (erased concept, target, probe, prompt index, setting)."""

    erased: str = Field(description="Concept that the checkpoint claims to have erased.")
    target: str = Field(description="Concept in the prompt.")
    probe: str = Field(description="Identifier of the probe.")
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    setting: str = Field(description="Setting of the probe; empty if it has none.")
    draws: int = Field(ge=1, description="Number of images.")
    judge_hits: int = Field(
        ge=0, description="Images for which the target is the judge's top-1 class."
    )
    selector_mean: float = Field(
        ge=0, le=1, description="Mean of the selector's probability over the images."
    )
    first_hit: bool = Field(description="Whether the judge recognises the first image.")
    best_hit: bool = Field(
        description="Whether the judge recognises the image with the highest selector probability; "
        "ties go to the lowest variant."
    )
    best_probability: float = Field(
        ge=0, le=1, description="The selector's probability for that image."
    )
    clip_only: int = Field(ge=0, description="Images that CLIP ranks first and the judge rejects.")
    clip_mean: float = Field(description="Mean CLIP score, 100 × cosine.")

    @property
    def key(self) -> OutcomeKey:
        """Identifies the outcome; unique in a result."""
        return self.erased, self.target, self.probe, self.prompt_index, self.setting

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if self.judge_hits + self.clip_only > self.draws:
            message = (
                f"judge_hits ({self.judge_hits}) and clip_only ({self.clip_only}) together exceed "
                f"draws ({self.draws})"
            )
            raise ValueError(message)
        return self


class Estimate(FrozenModel):
    """A number with its 95 % interval and n."""

    value: float = Field(description="The point estimate.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float = Field(description="Upper end of the 95 % interval.")
    n: int = Field(
        ge=1, description="Independent units: prompt indices, counted once per target concept."
    )
    method: str = Field(description="Method of the interval.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.value <= self.high:
            message = f"{self.value} is not between {self.low} and {self.high}"
            raise ValueError(message)
        return self
