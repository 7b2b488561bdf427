"""The bootstrap's random weights."""

from __future__ import annotations

import numpy as np
from scipy import stats

from erasebench.stats.draws import Draws

INDICES = np.arange(24)


def test_weights_are_the_same_each_time() -> None:
    """An interval is a function of outcomes: nothing else enters the seed."""
    assert np.array_equal(Draws().weights("church", INDICES), Draws().weights("church", INDICES))


def test_a_prompt_index_weighs_the_same_whatever_others_there_are() -> None:
    """A run with fewer prompts, or one that skips some, stays paired with a full one."""
    some = np.array([1, 4, 9])

    assert np.array_equal(
        Draws().weights("church", some), Draws().weights("church", INDICES)[:, some]
    )


def test_concepts_and_seeds_have_weights_of_their_own() -> None:
    """Concepts are resampled independently."""
    church = Draws().weights("church", INDICES)

    assert not np.array_equal(church, Draws().weights("tench", INDICES))
    assert not np.array_equal(church, Draws(seed=1).weights("church", INDICES))


def test_weights_are_exponential() -> None:
    """Normalised exponentials are uniform over the simplex, which is the Bayesian bootstrap."""
    weights = Draws().weights("church", INDICES)

    assert weights.shape == (2000, 24)
    assert stats.kstest(weights.ravel(), "expon").pvalue > 0.01


def test_prior_weighs_as_half_a_hit_and_half_a_miss() -> None:
    """Against 12 indices it has 1/13 of the weight, and its rate is Jeffreys' prior."""
    share, rate = Draws().prior("a test", 12)

    assert stats.kstest(share, "beta", (1, 12)).pvalue > 0.01
    assert stats.kstest(rate, "beta", (0.5, 0.5)).pvalue > 0.01
