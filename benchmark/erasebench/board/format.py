"""Numbers and text as pages, tables and messages show them."""

from __future__ import annotations

from erasebench.results.outcome import Estimate


def in_percent(
    estimate: Estimate, *, signed: bool = False, decimals: int = 0, unit: str = ""
) -> str:
    """Value and 95 % interval in percent, `25 [10, 50]`; never prints -0.

    Args:
        estimate: a share, or a difference of two.
        signed: whether a positive value has a sign as well.
        decimals: digits after the point.
        unit: printed after the value, as in `25 % [10, 50]`.
    """
    text = with_interval(estimate, scale=100, signed=signed, decimals=decimals)
    return text.replace(" ", f" {unit} ", 1) if unit else text


def with_interval(
    estimate: Estimate, *, scale: float = 1, signed: bool = False, decimals: int = 3
) -> str:
    """Value and 95 % interval, `0.250 [0.100, 0.500]`; never prints -0.

    Args:
        estimate: any estimate.
        scale: factor for all three numbers.
        signed: whether a positive value has a sign as well.
        decimals: digits after the point.
    """
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    value, low, high = (
        round(scale * bound, decimals) + 0.0
        for bound in (estimate.value, estimate.low, estimate.high)
    )
    sign = "+" if signed else ""
    return f"{value:{sign}.{decimals}f} [{low:.{decimals}f}, {high:.{decimals}f}]"


def percent(share: float) -> str:
    """A share as a whole percentage without the percent sign; never -0."""
    return f"{round(100 * share) + 0.0:.0f}"


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, whichever reads best: `48 s`, `49 min`, `3.2 h`."""
    minute, hour = 60, 3600
    if seconds < 2 * minute:
        return f"{seconds:.0f} s"
    if seconds < 2 * hour:
        return f"{seconds / minute:.0f} min"
    return f"{seconds / hour:.1f} h"


def visible(text: str) -> str:
    r"""Text with every invisible character written as in Python, e.g. `\x07`."""
    return "".join(
        one if one.isprintable() and one != "\\" else one.encode("unicode_escape").decode()
        for one in text
    )
