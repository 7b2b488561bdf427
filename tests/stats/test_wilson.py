"""Wilson's interval."""

from __future__ import annotations

import pytest
from scipy import stats

from erasebench.stats.intervals import wilson


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
