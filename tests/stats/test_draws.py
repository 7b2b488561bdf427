"""The bootstrap's random weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from erasebench.stats.bootstrap import BootstrapWeights

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
