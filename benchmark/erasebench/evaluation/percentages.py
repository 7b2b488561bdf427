"""Estimates in percent, for the terminal."""

from __future__ import annotations

from erasebench.results.outcome import Estimate


def in_percent(estimate: Estimate, *, signed: bool = False) -> str:
    """Value and interval in whole percent, `25 [10, 50]`; nothing is minus nought.

    Args:
        estimate: a share, or a difference of two.
        signed: whether the value bears its sign also where it is no less than nought.
    """
    value, low, high = (
        round(100 * bound) for bound in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value:+d} [{low}, {high}]" if signed else f"{value} [{low}, {high}]"
