"""Residuals."""

from __future__ import annotations

import numpy as np
import pytest

from erasebench.stats.anchors import Scale
from erasebench.stats.rates import HalfRates
from erasebench.stats.robustness import HalfResiduals, half_residuals


def test_by_hand() -> None:
    """Even: (0.5 - 0.1) / (0.9 - 0.1) = 0.5. Odd: (0.2 - 0.2) / (1 - 0.2) = 0. Pooled: 0.25."""
    found = _residuals([0.5, 0.2], ceiling=[0.9, 1.0], floor=[0.1, 0.2])

    assert found is not None
    assert found.scored[:, 0] == pytest.approx([0.5, 0.0])
    assert found.pooled.value == pytest.approx(0.25)


def test_halves_are_averaged_before_they_are_clipped() -> None:
    """Even -0.2 and odd 0.4 make 0.1, not 0.2: noise below the floor cancels noise above."""
    found = _residuals([0.0, 0.5], ceiling=[1.1, 1.1], floor=[0.1833333333, 0.1])

    assert found is not None
    assert found.scored[:, 0] == pytest.approx([-0.2, 0.4])
    assert found.pooled.value == pytest.approx(0.1)


@pytest.mark.parametrize(("rate", "residual"), [(0.0, 0.0), (1.0, 1.0)])
def test_what_lies_beyond_an_end_counts_as_the_end(rate: float, residual: float) -> None:
    """Below the floor nothing is left, and above the ceiling all."""
    found = _residuals([rate, rate], ceiling=[0.9, 0.9], floor=[0.1, 0.1])

    assert found is not None
    assert found.pooled.value == residual
    assert found.pooled.draws.tolist() == [residual]


def test_ends_that_meet_leave_nothing_between() -> None:
    """No ratio is made of a ceiling that does not lie above the floor on each half."""
    assert _residuals([0.5, 0.5], ceiling=[0.9, 0.5], floor=[0.1, 0.5]) is None


def test_a_half_without_prompts_has_no_residual() -> None:
    """A run of one prompt index has no other half to be scored on."""
    assert _residuals([0.5, 0.0], ceiling=[0.9, 0.9], floor=[0.1, 0.1], n=(1, 0)) is None


def test_concepts_contribute_their_mean_and_a_ratio_s_spread() -> None:
    """They average to the residual, and spread as pooled ratios of resampled concepts do."""
    rng = np.random.default_rng(0)
    rates, ceilings, floors = (rng.uniform(low, low + 0.2, (10, 2)) for low in (0.3, 0.75, 0.0))

    found = half_residuals(
        "noise", _rates(rates), Scale(ceiling=_rates(ceilings), floor=_rates(floors))
    )

    assert found is not None
    assert found.of_concepts.mean(axis=0) == pytest.approx(found.scored[:, 0])
    picks = rng.integers(0, 10, (20_000, 10))
    pooled = (rates[picks] - floors[picks]).mean(axis=1) / (ceilings[picks] - floors[picks]).mean(
        axis=1
    )
    spread = found.of_concepts.std(axis=0) / np.sqrt(10)
    assert spread == pytest.approx(pooled.std(axis=0), rel=0.05)


def _rates(of_concepts: np.ndarray, n: tuple[int, int] = (60, 60)) -> HalfRates:
    """Rates with one draw, which says the same as the outcomes."""
    pooled = np.repeat(of_concepts.mean(axis=0)[:, None], 2, axis=1)
    return HalfRates(pooled, pooled, of_concepts, np.array(n))


def _residuals(
    rate: list[float], ceiling: list[float], floor: list[float], n: tuple[int, int] = (12, 12)
) -> HalfResiduals | None:
    rates, above, below = (_rates(np.array([one]), n) for one in (rate, ceiling, floor))
    return half_residuals("noise", rates, Scale(above, below))
