"""Statistics with their draws."""

from __future__ import annotations

import numpy as np
import pytest

from erasebench.stats.bootstrap import BootstrapStatistic, least_of, mean_of

RAMP = np.linspace(0.0, 1.0, 1001)


def test_interval_is_the_middle_95_percent_of_the_draws() -> None:
    """A ramp from 0 to 1 has its 2.5 % and 97.5 % quantiles there."""
    found = BootstrapStatistic(0.5, RAMP, 24).estimate

    assert (found.low, found.value, found.high) == (0.025, 0.5, 0.975)
    assert found.n == 24
    assert "1001 draws" in found.method


@pytest.mark.parametrize(("value", "low", "high"), [(0.0, 0.0, 0.975), (1.0, 0.025, 1.0)])
def test_interval_holds_the_value(value: float, low: float, high: float) -> None:
    """At 0 and 1 the draws lie on one side, and the interval reaches the value all the same."""
    found = BootstrapStatistic(value, RAMP, 24).estimate

    assert (found.low, found.high) == (low, high)


def test_difference_and_ratio_are_paired() -> None:
    """Draw by draw: what both have in common cancels."""
    base = BootstrapStatistic(0.8, 0.5 + RAMP / 2, 24)
    row = BootstrapStatistic(0.4, base.draws / 2, 24)

    kept = row.ratio_to(base)

    assert np.allclose(row.minus(base).draws, -base.draws / 2)
    assert kept is not None
    assert kept.value == 0.5
    assert np.allclose(kept.draws, 0.5)


def test_more_than_the_base_counts_as_all_of_it() -> None:
    """Ratios are clipped to 1, in the value and in each draw."""
    kept = BootstrapStatistic(0.9, np.array([0.9, 0.4]), 2).ratio_to(
        BootstrapStatistic(0.8, np.array([0.8, 0.8]), 2)
    )

    assert kept is not None
    assert kept.value == 1.0
    assert kept.draws.tolist() == [1.0, 0.5]


def test_nothing_of_nothing_is_no_ratio() -> None:
    """A base that is never recognised has nothing that could be kept."""
    assert BootstrapStatistic(0.0, RAMP, 2).ratio_to(BootstrapStatistic(0.0, RAMP, 2)) is None


def test_the_least_is_chosen_anew_in_each_draw() -> None:
    """The minimum of draws, not the draws of the minimum."""
    first = BootstrapStatistic(0.4, np.array([0.4, 0.6]), 10)
    second = BootstrapStatistic(0.5, np.array([0.5, 0.3]), 8)

    least = least_of([first, second])

    assert (least.value, least.n) == (0.4, 8)
    assert least.draws.tolist() == [0.4, 0.3]


def test_mean_weighs_parts_the_same() -> None:
    """Of values, and of each draw."""
    mean = mean_of(
        [
            BootstrapStatistic(0.2, np.array([0.0, 1.0]), 4),
            BootstrapStatistic(0.4, np.array([1.0, 1.0]), 4),
        ]
    )

    assert mean.value == pytest.approx(0.3)
    assert mean.draws.tolist() == [0.5, 1.0]
