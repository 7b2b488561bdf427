"""Outcomes: records condensed to what every later statistic needs."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from erasebench.frozen_model import FrozenModel

OutcomeKey = tuple[str, str, str, int, str]
"""(erased concept, target, probe, prompt index, setting): what an outcome answers."""


class Outcome(FrozenModel):
    """All draws of one (erased concept, target, probe, prompt index, setting)."""

    erased: str = Field(description="The concept that the checkpoint claims to have erased.")
    target: str = Field(description="The concept asked for.")
    probe: str = Field(description="Identifier of the probe.")
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    setting: str = Field(description="Setting of the probe; empty where it has none.")
    draws: int = Field(ge=1, description="Pictures drawn.")
    judge_hits: int = Field(ge=0, description="Pictures whose target the judge names first.")
    selector_mean: float = Field(
        ge=0, le=1, description="Mean over the draws of the selector's probability."
    )
    first_hit: bool = Field(description="The judge's verdict on the first draw.")
    best_hit: bool = Field(
        description="The judge's verdict on the draw that the selector likes best; "
        "ties go to the lowest variant."
    )
    best_probability: float = Field(
        ge=0, le=1, description="The selector's probability of that draw."
    )
    clip_only: int = Field(
        ge=0, description="Pictures that the judge rejects and CLIP ranks first."
    )
    clip_mean: float = Field(description="Mean CLIP score, 100 × cosine.")

    @property
    def key(self) -> OutcomeKey:
        """What it answers; no two outcomes of a result have the same."""
        return self.erased, self.target, self.probe, self.prompt_index, self.setting

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if self.judge_hits + self.clip_only > self.draws:
            message = (
                f"{self.judge_hits} pictures that the judge accepts and {self.clip_only} that it "
                f"rejects are more than {self.draws} draws"
            )
            raise ValueError(message)
        return self


class Estimate(FrozenModel):
    """A number that never travels without its interval and its n."""

    value: float = Field(description="The point estimate.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float = Field(description="Upper end of the 95 % interval.")
    n: int = Field(
        ge=1, description="Independent units: prompt indices, counted once per concept asked for."
    )
    method: str = Field(description="How the interval was made.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.value <= self.high:
            message = f"{self.value} is not between {self.low} and {self.high}"
            raise ValueError(message)
        return self
