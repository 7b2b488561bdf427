"""p-values from bootstrap draws, and Holm's adjustment for asking several times."""

from __future__ import annotations

from collections.abc import Sequence

from erasebench.stats.answers import Floats

LEVEL = 0.025
"""An adjusted p at or under it has its lower bound above 0: the lower tail of a 95 % interval."""


def p_above_zero(draws: Floats) -> float:
    """One-sided p of a statistic at or below 0: (1 + draws at or below 0) / (1 + D).

    Source: Davison and Hinkley 1997, Bootstrap methods and their application, §4.2, for the 1,
    without which a p of 0 could be claimed from finitely many draws.
    """
    return (1 + int((draws <= 0).sum())) / (1 + len(draws))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values, in the order given: the i-th least times (m - i), rising, at most 1.

    With i from 0. Those at or under a level are what the stepwise lower bounds at that level hold
    above 0.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min((len(order) - rank) * p_values[place], 1.0))
        adjusted[place] = highest
    return tuple(adjusted)
