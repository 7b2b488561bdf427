"""Numbers and text for readers."""

from __future__ import annotations

import pytest

from erasebench.board.format import duration, in_percent, percent, visible, with_interval
from erasebench.results.outcome import Estimate


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
    """A difference has one sign, and nothing is -0."""
    low, value, high = bounds
    estimate = Estimate(value=value, low=low, high=high, n=24, method="by hand")

    assert in_percent(estimate) == plain
    assert in_percent(estimate, signed=True) == signed


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ((-0.0004, -0.0002, 0.0), "+0.0 [0.0, 0.0]"),
        ((-0.012, 0.0116, 0.05), "+1.2 [-1.2, 5.0]"),
        ((-0.05, -0.0116, 0.012), "-1.2 [-5.0, 1.2]"),
    ],
)
def test_the_change_of_a_row_has_a_decimal(bounds: tuple[float, float, float], text: str) -> None:
    """And is never -0 either."""
    low, value, high = bounds
    estimate = Estimate(value=value, low=low, high=high, n=24, method="by hand")

    assert in_percent(estimate, signed=True, decimals=1) == text


def test_a_unit_stands_between_value_and_interval() -> None:
    """And other estimates keep their scale."""
    estimate = Estimate(value=0.342, low=-0.1, high=0.5, n=24, method="by hand")

    assert in_percent(estimate, unit="%") == "34 % [-10, 50]"
    assert with_interval(estimate) == "0.342 [-0.100, 0.500]"


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0"), (0.416, "42"), (1.0, "100"), (-0.25, "-25"), (-0.001, "0")]
)
def test_percent(share: float, text: str) -> None:
    """Whole percents, never -0."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(48, "48 s"), (119, "119 s"), (2948, "49 min"), (11520, "3.2 h")]
)
def test_duration(seconds: float, text: str) -> None:
    """In the unit with two or three digits."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [("a b", "a b"), ("\n", r"\n"), ("\u200b", r"\u200b"), ("\\", r"\\"), ("é 教", "é 教")],
)
def test_visible(text: str, seen: str) -> None:
    """Visible characters stay; others, and the backslash, are written as in Python."""
    assert visible(text) == seen
