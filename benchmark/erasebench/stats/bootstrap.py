"""Bayesian bootstrap over prompt indices: random weights, and statistics with their draws."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from typing import TypeVar, TypeVarTuple, Unpack
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from erasebench.results.outcome import Estimate
from erasebench.stats.outcome_arrays import Floats, OutcomeArrays

_Rest = TypeVarTuple("_Rest")
_Value = TypeVar("_Value")

DRAWS = 2000
"""Draws per interval."""

SEED = 20250517
"""Fixed, so that an interval is a function of outcomes alone."""

TAILS = (0.025, 0.975)
"""Quantiles that bound a 95 % interval."""

DIGITS = 6
"""Decimals of a stored estimate: enough for any table, and equal on every machine."""


@dataclass(frozen=True)
class BootstrapWeights:
    """Seeded random weights. Each is a function of its purpose, so that draws are paired.

    Attributes:
        count: number of draws, D.
        seed: seed of all of them.
    """

    count: int = DRAWS
    seed: int = SEED

    def weights(self, concept: str, indices: npt.NDArray[np.int64]) -> Floats:
        """Weights of prompt indices that are averaged together, not normalised.

        Gamma with shape (n - 2) / n for n indices: the draws of a mean then have the variance
        s² / n of that mean, s² being the sample variance (divisor n - 1). For one or two indices
        the shape is 1 / n, and intervals are too short.

        A prompt index has the same weight in every probe and row, which pairs differences. The
        weight depends on n, but not on the other indices.

        Args:
            concept: target of the prompts.
            indices: int (n,), those of one half, or of both where they are averaged as one.

        Returns:
            float64 (D, n), positive.

        Source: Rubin 1981, The Bayesian bootstrap; Præstgaard and Wellner 1993, Exchangeably
        weighted bootstraps of the general empirical process, for weights other than Rubin's.

        Deviation: Rubin's weights have shape 1, which gives (n - 1) / (n + 1) times the variance of
        a mean. Intervals are then 8 % too short at 12 indices and 18 % at 5, and pooling concepts,
        each with indices of its own, does not correct it. `benchmark/simulation/robustness.py`
        measures the coverage of the intervals.
        """
        weights = np.empty((self.count, len(indices)))
        for column, index in enumerate(indices):
            weights[:, column] = _weights(self, concept, int(index), len(indices))
        return weights

    def prior(self, purpose: str, n: int) -> tuple[Floats, Floats]:
        """Half a hit and half a miss, as they weigh against n prompt indices.

        A mean m of n indices becomes (1 - share) · m + share · rate in each draw. So 0 of n has the
        draws Beta(1/2, n + 1/2), the posterior under Jeffreys' prior.

        Args:
            purpose: what they are added to; another purpose gives independent draws.
            n: prompt indices, at least 1.

        Returns:
            share: float64 (D,) in (0, 1), Beta(1, n); read-only.
            rate: float64 (D,) in [0, 1], Beta(1/2, 1/2); read-only.
        """
        return _prior(self, purpose, n)

    def rng(self, purpose: str) -> np.random.Generator:
        """The generator of one purpose."""
        digest = hashlib.sha256(f"{self.seed} {purpose}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest, "big"))


@lru_cache(maxsize=1024)
def _weights(weights: BootstrapWeights, concept: str, index: int, n: int) -> Floats:
    """Weights of one of n prompt indices: (D,), shared by all probes."""
    shape = max(n - 2, 1) / n
    return weights.rng(f"weight of {concept} {index}").standard_gamma(shape, weights.count)


@lru_cache(maxsize=1024)
def _prior(weights: BootstrapWeights, purpose: str, n: int) -> tuple[Floats, Floats]:
    """Shared by the cells of a row and by rows, which have the same purposes."""
    rng = weights.rng(f"prior of {purpose}")
    rate = rng.beta(0.5, 0.5, weights.count)
    share = rng.beta(1.0, n, weights.count)
    for drawn in (rate, share):
        drawn.flags.writeable = False
    return share, rate


NO_DRAWS = BootstrapWeights(count=0)
"""For a value without an interval."""


def once_per_arrays(
    function: Callable[[OutcomeArrays, Unpack[_Rest]], _Value],
) -> Callable[[OutcomeArrays, Unpack[_Rest]], _Value]:
    """Makes a function compute each value once, and keep it as long as the arrays live.

    A row's cells are scored one by one and then pooled: both need the same means.

    Args:
        function: of arrays and of hashable positional arguments.
    """
    known: WeakKeyDictionary[OutcomeArrays, dict[object, _Value]] = WeakKeyDictionary()

    @wraps(function)
    def looked_up(arrays: OutcomeArrays, *rest: *_Rest) -> _Value:
        values = known.setdefault(arrays, {})
        if rest not in values:
            values[rest] = function(arrays, *rest)
        return values[rest]

    return looked_up


@dataclass(frozen=True)
class BootstrapStatistic:
    """A statistic with its bootstrap draws. Those with the same weights can be combined.

    Attributes:
        value: of the outcomes themselves.
        draws: float64 (D,), of each draw.
        n: prompt indices, counted once per target.
    """

    value: float
    draws: Floats
    n: int

    def minus(self, control: BootstrapStatistic) -> BootstrapStatistic:
        """The paired difference."""
        return BootstrapStatistic(self.value - control.value, self.draws - control.draws, self.n)

    def ratio_to(self, base: BootstrapStatistic) -> BootstrapStatistic | None:
        """The paired ratio, clipped to 1; None where the base's value is 0."""
        if base.value == 0:
            return None
        ratios = np.minimum(self.draws / base.draws, 1.0)
        return BootstrapStatistic(min(self.value / base.value, 1.0), ratios, self.n)

    def rounded(self) -> float:
        """The value as an estimate states it."""
        return round(self.value, DIGITS)

    @cached_property
    def estimate(self) -> Estimate:
        """The value with its 95 % percentile interval.

        Half a hit and half a miss pull the draws inward. So that the interval contains the value
        at 0 and at 1 too, it is extended to it, as is usual for Jeffreys' interval.
        """
        low, high = np.quantile(self.draws, TAILS)
        return Estimate(
            value=self.rounded(),
            low=round(min(float(low), self.value), DIGITS),
            high=round(max(float(high), self.value), DIGITS),
            n=self.n,
            method=f"Bayesian bootstrap over prompt indices, {len(self.draws)} draws",
        )


def estimate_of(statistic: BootstrapStatistic | None) -> Estimate | None:
    """The estimate of a statistic; None where there is none."""
    return None if statistic is None else statistic.estimate


def mean_of(parts: Sequence[BootstrapStatistic]) -> BootstrapStatistic:
    """The unweighted mean of statistics over the same prompt indices."""
    return BootstrapStatistic(
        sum(part.value for part in parts) / len(parts),
        np.mean([part.draws for part in parts], axis=0),
        parts[0].n,
    )


def least_of(parts: Sequence[BootstrapStatistic]) -> BootstrapStatistic:
    """The minimum, taken in each draw."""
    return BootstrapStatistic(
        min(part.value for part in parts),
        np.min([part.draws for part in parts], axis=0),
        min(part.n for part in parts),
    )
