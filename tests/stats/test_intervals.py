"""Intervals and tests without draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from erasebench.stats.intervals import (
    T_95,
    holm,
    over_concepts,
    p_above_zero,
    smallest_difference,
    wilson,
)


@pytest.mark.parametrize("n", [1, 4, 24, 30])
def test_agrees_with_scipy(n: int) -> None:
    """Every count of hits gives the ends that SciPy gives."""
    for hits in range(n + 1):
        expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
        found = wilson(hits, n)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_no_hit_in_thirty_leaves_eleven_percent() -> None:
    """Known by hand: z² / (n + z²)."""
    assert wilson(0, 30).high == pytest.approx(0.1135, abs=1e-4)
    assert wilson(0, 30).low == 0


def test_agrees_with_simulation() -> None:
    """Of two equal rates of one half, one in twenty pairs differs by more."""
    rng = np.random.default_rng(0)
    first, second = rng.binomial(400, 0.5, (2, 200_000)) / 400

    assert np.mean(np.abs(first - second) > smallest_difference(400)) == pytest.approx(
        0.05, abs=0.006
    )


def test_four_times_the_prompts_halve_it() -> None:
    """It falls with the root of n."""
    assert smallest_difference(96) == pytest.approx(smallest_difference(24) / 2)


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


def test_p_counts_draws_at_or_below_zero() -> None:
    """By hand: 2 of 9 draws are not above 0, so that p is 3 / 10."""
    draws = np.array([-0.1, 0.0, *([0.2] * 7)])

    assert p_above_zero(draws) == pytest.approx(0.3)


def test_no_p_is_zero() -> None:
    """Finitely many draws show no impossibility."""
    assert p_above_zero(np.ones(1999)) == pytest.approx(1 / 2000)


def test_adjusted_by_hand() -> None:
    """0.01 × 3, 0.02 × 2, and 0.03 × 1 raised to the one before it; the order is kept."""
    assert holm([0.03, 0.01, 0.02]) == pytest.approx((0.04, 0.03, 0.04))


def test_adjusted_is_at_most_one() -> None:
    """Half, twice, is no more than certainty."""
    assert holm([0.5, 0.9]) == (1.0, 1.0)


def test_nothing_to_adjust() -> None:
    """A row without probes that have a control tests nothing."""
    assert holm([]) == ()


def test_one_false_finding_among_all_in_twenty() -> None:
    """With ten true nulls, at a level of 5 %, any is found in at most 5 % of the families."""
    rng = np.random.default_rng(0)
    found = [min(holm(list(rng.random(10)))) <= 0.05 for _ in range(4000)]

    assert np.mean(found) == pytest.approx(0.05, abs=0.012)
