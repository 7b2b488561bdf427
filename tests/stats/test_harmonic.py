"""The harmonic mean."""

from __future__ import annotations

import numpy as np
import pytest

from erasebench.stats.bootstrap import BootstrapStatistic
from erasebench.stats.row_score import harmonic, harmonic_contributions


def test_by_hand() -> None:
    """2 · 0.5 · 1 / 1.5 = 2/3, of the value and of each draw; n is the lesser."""
    found = harmonic(
        BootstrapStatistic(0.5, np.array([0.5, 0.25]), 60),
        BootstrapStatistic(1.0, np.array([1.0, 0.25]), 24),
    )

    assert found.value == pytest.approx(2 / 3)
    assert found.draws == pytest.approx([2 / 3, 0.25])
    assert found.n == 24


@pytest.mark.parametrize(("first", "second"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_nothing_of_either_is_nothing(first: float, second: float) -> None:
    """Neither a robust ruin nor an untouched model scores."""
    found = harmonic(
        BootstrapStatistic(first, np.array([first]), 2),
        BootstrapStatistic(second, np.array([second]), 2),
    )

    assert found.value == 0
    assert found.draws.tolist() == [0.0]


def test_contributions_follow_the_slope() -> None:
    """A small step of either moves the mean by as much as a concept's contribution says."""
    a, b, step = 0.7, 0.4, 1e-6

    def mean(first: float, second: float) -> float:
        return 2 * first * second / (first + second)

    found = harmonic_contributions(a, b, np.array([a + step, a]), np.array([b, b + step]))

    assert found == pytest.approx([mean(a + step, b), mean(a, b + step)], abs=1e-11)
