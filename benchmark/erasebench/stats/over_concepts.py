"""The second interval: concepts as the unit, as if others might have been erased."""

from __future__ import annotations

import math

import numpy as np

from erasebench.results.outcome import Estimate
from erasebench.stats.answers import Floats
from erasebench.stats.sampled import DIGITS

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


def over_concepts(
    value: float, contributions: Floats, bounds: tuple[float, float]
) -> Estimate | None:
    """A statistic with the t interval of its concepts' contributions; None for a single concept.

    Args:
        value: over all concepts.
        contributions: float64 (C,), up to ten concepts.
        bounds: the least and the greatest that the statistic can be; the interval ends there.
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
