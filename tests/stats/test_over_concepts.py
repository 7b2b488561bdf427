"""Intervals with concepts as the unit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from erasebench.stats.intervals import T_95, over_concepts


def test_agrees_with_student_s_t() -> None:
    """The interval of a mean, as another library makes it."""
    values = np.array([0.2, 0.3, 0.45, 0.3, 0.25])
    exact = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))

    found = over_concepts(float(values.mean()), values, (0.0, 1.0))

    assert found is not None
    assert (found.low, found.high) == pytest.approx(exact, abs=1e-6)
    assert found.n == 5


def test_quantiles_are_student_s() -> None:
    """Two to ten concepts."""
    assert pytest.approx(stats.t.ppf(0.975, range(1, 10))) == T_95


def test_the_interval_ends_where_the_statistic_does() -> None:
    """No share is below 0 or above 1."""
    found = over_concepts(0.5, np.array([0.0, 1.0]), (0.0, 1.0))

    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_single_concept_shows_no_spread() -> None:
    """One concept says nothing of others."""
    assert over_concepts(0.5, np.array([0.5]), (0.0, 1.0)) is None
