"""Estimates in percent, for the terminal and for messages."""

from __future__ import annotations

from erasebench.results.outcome import Estimate


def in_percent(estimate: Estimate, *, signed: bool = False, decimals: int = 0) -> str:
    """Value and interval in percent, `25 [10, 50]`; nothing is minus nought.

    Args:
        estimate: a share, or a difference of two.
        signed: whether the value bears its sign also where it is no less than nought.
        decimals: digits after the point.
    """
    # A rounded -0.0 becomes 0.0 when nought is added.
    value, low, high = (
        round(100 * bound, decimals) + 0.0
        for bound in (estimate.value, estimate.low, estimate.high)
    )
    sign = "+" if signed else ""
    return f"{value:{sign}.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"
