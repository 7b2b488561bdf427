"""How small a difference a number of prompts can show."""

from __future__ import annotations

import math

from erasebench.stats.wilson import Z_95


def smallest_difference(n: int) -> float:
    """The smallest difference of two rates of n prompt indices each that is told from chance.

    z·sqrt(2·¼/n) at 95 %, for rates near one half and unpaired, which is the worst case: rows
    share their seeds, so that a smaller difference may show.

    Args:
        n: prompt indices, at least 1.
    """
    return Z_95 * math.sqrt(0.5 / n)
