"""Tests from draws, and their adjustment."""

from __future__ import annotations

import numpy as np
import pytest

from erasebench.stats.intervals import holm, p_above_zero


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
