"""The schema of a trace: distance of images from the base's, from base to erased model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from erasebench.frozen_model import FrozenModel
from erasebench.results.outcome import Estimate

TraceKind = Literal["interpolation", "checkpoints"]
"""Points between base and erased model: interpolated weights, or checkpoints of its training."""

TraceLabel = Literal["abrupt", "smooth", "no change"]
"""Shape of the curve, by the rule in `erasebench.stats.tracing`."""

LEAST_POINTS = 4
"""Minimum number of points: with three, each of two equal steps would carry half."""


class TracePoint(FrozenModel):
    """One set of weights."""

    position: float = Field(
        ge=0,
        description="Interpolation weight λ of the erased model, or training updates. The first "
        "point, 0, is the base, the last the erased model.",
    )
    distance: Estimate = Field(
        description="Distance of the mean CLIP embedding of its images to the base's, corrected "
        "for chance; from 0 to 2."
    )
    judge: Estimate | None = Field(
        description="Recognised share of its images; null if the protocol's judge does not support "
        "this kind of concept."
    )


class SteepestStep(FrozenModel):
    """The step between neighbouring points with the greatest increase of the distance."""

    start: float = Field(description="Position of its first point.")
    end: float = Field(description="Position of its second point.")
    share: Estimate = Field(description="Its increase, as a share of the greatest distance.")


class Trace(FrozenModel):
    """Distance of one concept's images from the base's. Shown, not ranked."""

    kind: TraceKind = Field(
        description="Whether the points are interpolations θ0 + λ(θ − θ0) of base and erased "
        "model, or checkpoints of its training."
    )
    erased: str = Field(description="The erased concept, which is the concept in the prompts.")
    points: tuple[TracePoint, ...] = Field(
        min_length=LEAST_POINTS, description="Ordered by position."
    )
    chance: float = Field(
        ge=0,
        description="Threshold for the last point's distance: the 95 % quantile of the distance if "
        "the images of base and erased model are swapped at random per seed. It grows with the "
        "change and does not measure noise.",
    )
    steepest: SteepestStep | None = Field(
        description="Null if the last point's distance does not exceed `chance`."
    )
    word: TraceLabel = Field(
        description="`no change` if the last point's distance does not exceed `chance`; `abrupt` "
        "if the lower bound of the steepest step's share exceeds one half; otherwise `smooth`."
    )
