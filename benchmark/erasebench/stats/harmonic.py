"""The harmonic mean of two shares: high only where both are."""

from __future__ import annotations

import numpy as np

from erasebench.stats.answers import Floats
from erasebench.stats.sampled import Sampled


def harmonic(first: Sampled, second: Sampled) -> Sampled:
    """2ab / (a + b), 0 where either is 0, of the values and of each draw."""
    return Sampled(
        float(_harmonic(np.array(first.value), np.array(second.value))),
        _harmonic(first.draws, second.draws),
        min(first.n, second.n),
    )


def harmonic_contributions(a: float, b: float, of_first: Floats, of_second: Floats) -> Floats:
    """What each concept contributes to 2ab / (a + b), to first order around a and b.

    Its slopes are 2b² / (a + b)² along a and 2a² / (a + b)² along b.

    Args:
        a: the first over all concepts.
        b: the second over all concepts; not both are 0.
        of_first: float64 (C,), what each concept contributes to a.
        of_second: float64 (C,), the same for b.
    """
    whole = a + b
    return (
        2 * a * b / whole
        + 2 * (b / whole) ** 2 * (of_first - a)
        + 2 * (a / whole) ** 2 * (of_second - b)
    )


def _harmonic(a: Floats, b: Floats) -> Floats:
    product, whole = 2 * a * b, a + b
    return np.divide(product, whole, out=np.zeros_like(whole), where=whole > 0)
