"""The schema of a trace: how far pictures move on the way from the base to an erased model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from erasebench.frozen_model import FrozenModel
from erasebench.results.outcome import Estimate

TraceKind = Literal["interpolation", "checkpoints"]
"""What lies between base and erased model: mixtures of both, or what its training left on the way.
"""

TraceLabel = Literal["abrupt", "smooth", "no change"]
"""How the curve moves, by the rule of `erasebench.stats.tracing`."""

LEAST_POINTS = 4
"""Points that a curve must have: with three, each of two equal steps would carry half of it."""


class TracePoint(FrozenModel):
    """One set of weights on the way."""

    position: float = Field(
        ge=0,
        description="Share λ of the erased model in an interpolation; updates of a training. The "
        "first point, 0, is the unedited base, the last the erased model.",
    )
    distance: Estimate = Field(
        description="Distance of the mean CLIP embedding of its pictures to the base's, without "
        "what chance adds; from 0 to 2."
    )
    judge: Estimate | None = Field(
        description="Share of its pictures in which the judge recognises the concept; null where "
        "the protocol's judge knows no concept of this kind."
    )


class SteepestStep(FrozenModel):
    """The step between two neighbouring points on which the distance rises most."""

    start: float = Field(description="Position of the point before it.")
    end: float = Field(description="Position of the point after it.")
    share: Estimate = Field(description="Its rise, as a share of the curve's greatest distance.")


class Trace(FrozenModel):
    """How far the pictures of one concept move from the base's. Shown, never ranked."""

    kind: TraceKind = Field(
        description="Whether the points are mixtures of base and erased model (θ0 + λ(θ − θ0)) or "
        "checkpoints of its training."
    )
    erased: str = Field(description="The erased concept, which the pictures were asked for.")
    points: tuple[TracePoint, ...] = Field(
        min_length=LEAST_POINTS, description="In the order of their positions."
    )
    chance: float = Field(
        ge=0,
        description="What the last point's distance must pass to count as moved: where each seed's "
        "two pictures, the base's and the erased model's, are swapped at random, 1 of 20 distances "
        "is greater. It grows with the change itself: a threshold, and no measure of noise.",
    )
    steepest: SteepestStep | None = Field(
        description="Null where the last point's distance is no greater than `chance`."
    )
    word: TraceLabel = Field(
        description="`no change` where the last point's distance is no greater than `chance`; "
        "`abrupt` where the steepest step's share has a lower bound above one half; `smooth` "
        "otherwise."
    )
