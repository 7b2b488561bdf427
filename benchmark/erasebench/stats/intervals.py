"""Intervals and tests that need no draws, or only draws: Wilson, Student's t, Holm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from erasebench.results.outcome import Estimate
from erasebench.stats.bootstrap import DIGITS
from erasebench.stats.outcome_arrays import Floats

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""

T_95 = (
    12.706204736174694,
    4.302652729749462,
    3.1824463052837078,
    2.7764451051977934,
    2.5705818356363146,
    2.4469118511449786,
    2.364624251592784,
    2.306004135204166,
    2.262157162798205,
)
"""97.5 % quantiles of Student's t at 1 to 9 degrees of freedom: two to ten concepts."""

LEVEL = 0.025
"""Level of one-sided tests. An adjusted p at or below it means a lower 95 % bound above 0."""


def wilson(hits: int, n: int) -> Estimate:
    """A rate with Wilson's 95 % interval.

    Its bounds are (p + z²/2n ± z·sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n), in [0, 1].

    Args:
        hits: 0 to n.
        n: independent tries, at least 1.

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    rate = hits / n
    spread = Z_95 * math.sqrt(rate * (1 - rate) / n + (Z_95 / (2 * n)) ** 2)
    centre = rate + Z_95**2 / (2 * n)
    scale = 1 + Z_95**2 / n
    return Estimate(
        value=round(rate, DIGITS),
        low=round(max((centre - spread) / scale, 0.0), DIGITS),
        high=round(min((centre + spread) / scale, 1.0), DIGITS),
        n=n,
        method="Wilson",
    )


def smallest_difference(n: int) -> float:
    """Minimum detectable difference of two rates of n prompt indices each, in [0, 1.4].

    z·sqrt(2·¼/n) at 95 %, for unpaired rates near one half, which is the worst case. Rows share
    their seeds, so a smaller difference may be significant.

    Args:
        n: prompt indices, at least 1.
    """
    return Z_95 * math.sqrt(0.5 / n)


def over_concepts(
    value: float, contributions: Floats, bounds: tuple[float, float] = (0.0, 1.0)
) -> Estimate | None:
    """A statistic with a t interval over concepts; None for a single concept.

    value ± t·s/√C for the standard deviation s of the contributions (divisor C - 1), clipped to the
    bounds. Here concepts are the sampling unit, as if others might have been erased.

    Args:
        value: over all concepts.
        contributions: float64 (C,), of up to ten concepts.
        bounds: the minimum and the maximum of the statistic.
    """
    count = len(contributions)
    if count == 1:
        return None
    reach = T_95[count - 2] * float(np.std(contributions, ddof=1)) / math.sqrt(count)
    return Estimate(
        value=round(value, DIGITS),
        low=round(max(value - reach, bounds[0]), DIGITS),
        high=round(min(value + reach, bounds[1]), DIGITS),
        n=count,
        method="t over concepts",
    )


def p_above_zero(draws: Floats) -> float:
    """One-sided p-value of a statistic at or below 0: (1 + draws at or below 0) / (1 + D).

    Args:
        draws: float64 (D,), bootstrap draws of the statistic.

    Source: Davison and Hinkley 1997, Bootstrap methods and their application, §4.2. Without the 1,
    finitely many draws could give a p-value of 0.
    """
    return (1 + int((draws <= 0).sum())) / (1 + len(draws))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm-adjusted p-values in the given order: max over j ≤ i of (m - j)·p_(j), at most 1.

    p_(0) to p_(m-1) are the p-values in ascending order.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min((len(order) - rank) * p_values[place], 1.0))
        adjusted[place] = highest
    return tuple(adjusted)
