"""Wilson's interval of a plain rate: a count of hits among independent tries."""

from __future__ import annotations

import math

from erasebench.results.outcome import Estimate
from erasebench.stats.sampled import DIGITS

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(hits: int, n: int) -> Estimate:
    """The rate with Wilson's 95 % interval, which needs no draws.

    The ends are (p + z²/2n ± z·sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n), and lie in [0, 1].

    Args:
        hits: 0 to n.
        n: tries, at least 1.

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
