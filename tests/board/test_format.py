"""Estimates in percent."""

from __future__ import annotations

import pytest

from erasebench.results.outcome import Estimate
from erasebench.board.format import in_percent


@pytest.mark.parametrize(
    ("bounds", "plain", "signed"),
    [
        ((0.1, 0.254, 0.5), "25 [10, 50]", "+25 [10, 50]"),
        ((-0.25, -0.05, 0.1), "-5 [-25, 10]", "-5 [-25, 10]"),
        ((-0.3, -0.001, 0.245), "0 [-30, 24]", "+0 [-30, 24]"),
        ((-0.004, -0.002, -0.001), "0 [0, 0]", "+0 [0, 0]"),
        ((0.986, 1.0, 1.0), "100 [99, 100]", "+100 [99, 100]"),
    ],
)
def test_whole_percents(bounds: tuple[float, float, float], plain: str, signed: str) -> None:
    """A difference has one sign, and nothing is minus nought."""
    low, value, high = bounds
    estimate = Estimate(value=value, low=low, high=high, n=24, method="by hand")

    assert in_percent(estimate) == plain
    assert in_percent(estimate, signed=True) == signed


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ((-0.0004, -0.0002, 0.0), "+0.0 [0.0, 0.0]"),
        ((-0.012, 0.0116, 0.05), "+1.2 [-1.2, 5.0]"),
        ((-0.05, -0.0116, 0.012), "-1.2 [-5.0, 1.2]"),
    ],
)
def test_what_a_row_moved_has_a_decimal(bounds: tuple[float, float, float], told: str) -> None:
    """As the line of a change has it; there, too, nothing is minus nought."""
    low, value, high = bounds
    estimate = Estimate(value=value, low=low, high=high, n=24, method="by hand")

    assert in_percent(estimate, signed=True, decimals=1) == told
