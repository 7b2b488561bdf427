"""The bootstrap's random weights, and statistics with their draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from erasebench.stats.bootstrap import BootstrapStatistic, BootstrapWeights, least_of, mean_of

INDICES = np.arange(24)


def test_weights_are_the_same_each_time() -> None:
    """An interval is a function of outcomes: nothing else enters the seed."""
    assert np.array_equal(
        BootstrapWeights().weights("church", INDICES), BootstrapWeights().weights("church", INDICES)
    )


def test_a_prompt_index_weighs_the_same_whichever_others_there_are() -> None:
    """Rows and probes that were asked at other indices, but at as many, stay paired."""
    some, others = np.array([1, 4, 9]), np.array([4, 9, 20])

    assert np.array_equal(
        BootstrapWeights().weights("church", some)[:, 1:],
        BootstrapWeights().weights("church", others)[:, :2],
    )


def test_concepts_and_seeds_have_weights_of_their_own() -> None:
    """Concepts are resampled independently."""
    church = BootstrapWeights().weights("church", INDICES)

    assert not np.array_equal(church, BootstrapWeights().weights("tench", INDICES))
    assert not np.array_equal(church, BootstrapWeights(seed=1).weights("church", INDICES))


@pytest.mark.parametrize("n", [3, 4, 5, 12, 15, 30])
def test_means_are_drawn_with_the_variance_of_a_mean(n: int) -> None:
    """Of any values: their sample variance, which counts n - 1 degrees of freedom, over n."""
    values = np.random.default_rng(n).normal(size=n)
    weights = BootstrapWeights(count=40_000).weights("church", np.arange(n))

    means = weights @ values / weights.sum(axis=1)

    assert means.mean() == pytest.approx(values.mean(), abs=4 * means.std() / 200)
    assert means.var() == pytest.approx(values.var(ddof=1) / n, rel=0.03)


def test_weights_are_gamma() -> None:
    """Independent and of one shape, so that none of the indices is special."""
    weights = BootstrapWeights().weights("church", np.arange(12))

    assert weights.shape == (2000, 12)
    assert stats.kstest(weights.ravel(), "gamma", (10 / 12,)).pvalue > 0.01
    assert np.abs(np.corrcoef(weights.T) - np.eye(12)).max() < 0.1


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_indices_have_weights_all_the_same(n: int) -> None:
    """A run of a few prompts has means, though their spread is not to be known."""
    weights = BootstrapWeights().weights("church", np.arange(n))

    assert weights.min() > 0
    assert weights.std() > 0


def test_prior_weighs_as_half_a_hit_and_half_a_miss() -> None:
    """Against 12 indices it has 1/13 of the weight, and its rate is Jeffreys' prior."""
    share, rate = BootstrapWeights().prior("a test", 12)

    assert stats.kstest(share, "beta", (1, 12)).pvalue > 0.01
    assert stats.kstest(rate, "beta", (0.5, 0.5)).pvalue > 0.01


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
