"""A statistic together with its bootstrap draws, and the interval that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erasebench.results.outcome import Estimate
from erasebench.stats.answers import Floats

TAILS = (0.025, 0.975)
"""Quantiles that bound a 95 % interval."""

DIGITS = 6
"""Decimals of a stored estimate: enough for any table, and none that differs by machine."""


@dataclass(frozen=True)
class Sampled:
    """A statistic and its draws. Statistics with the same draws of weights can be combined.

    Attributes:
        value: of the outcomes themselves.
        draws: float64 (D,), of each draw.
        n: prompt indices, counted once per concept asked for.
    """

    value: float
    draws: Floats
    n: int

    def minus(self, control: Sampled) -> Sampled:
        """The paired difference."""
        return Sampled(self.value - control.value, self.draws - control.draws, self.n)

    def kept_of(self, base: Sampled) -> Sampled | None:
        """The paired ratio, clipped to 1; None where the base has nothing to keep."""
        if base.value == 0:
            return None
        ratios = np.minimum(self.draws / base.draws, 1.0)
        return Sampled(min(self.value / base.value, 1.0), ratios, self.n)

    def estimate(self) -> Estimate:
        """The value with its 95 % interval.

        Half a hit and half a miss pull the draws inward, so that at 0 and at 1 the interval is
        widened to hold the value itself, as is usual for Jeffreys' interval.
        """
        low, high = np.quantile(self.draws, TAILS)
        return Estimate(
            value=round(self.value, DIGITS),
            low=round(min(float(low), self.value), DIGITS),
            high=round(max(float(high), self.value), DIGITS),
            n=self.n,
            method=f"Bayesian bootstrap over prompt indices, {len(self.draws)} draws",
        )


def mean_of(parts: Sequence[Sampled]) -> Sampled:
    """The mean of statistics that weigh the same, each of the same prompt indices."""
    return Sampled(
        sum(part.value for part in parts) / len(parts),
        np.mean([part.draws for part in parts], axis=0),
        parts[0].n,
    )


def least_of(parts: Sequence[Sampled]) -> Sampled:
    """The least statistic; which one it is, is chosen anew in each draw."""
    return Sampled(
        min(part.value for part in parts),
        np.min([part.draws for part in parts], axis=0),
        min(part.n for part in parts),
    )
