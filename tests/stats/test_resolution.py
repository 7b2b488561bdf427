"""How small a difference shows."""

from __future__ import annotations

import numpy as np
import pytest

from erasebench.stats.intervals import smallest_difference


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
