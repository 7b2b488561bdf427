"""Mean CLIP scores."""

from __future__ import annotations

import numpy as np
import pytest

from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import outcome_arrays
from erasebench.stats.rates import clip_score
from tests.stats.toy_outcomes import PROBES, outcome


def test_concepts_weigh_the_same_however_often_they_are_asked() -> None:
    """By hand: (mean of 10 and 20, and 30) / 2 = 22.5."""
    outcomes = [
        outcome(0, 0, target="church", clip=10.0),
        outcome(1, 0, target="church", clip=20.0),
        outcome(0, 0, target="tench", clip=30.0),
    ]
    found = clip_score(list(outcome_arrays(outcomes, PROBES).values()), BootstrapWeights())

    assert found.value == 22.5
    assert found.n == 3
    assert 20 < found.draws.min() < 22.5 < found.draws.max() < 25


def test_a_target_that_is_asked_for_after_two_erasures_counts_once_in_n() -> None:
    """Its prompt indices are the same ones."""
    outcomes = [
        outcome(index, 0, erased=erased, target="tench")
        for erased in ("church", "golf_ball")
        for index in range(3)
    ]

    assert clip_score(list(outcome_arrays(outcomes, PROBES).values()), BootstrapWeights()).n == 3


def test_the_interval_is_that_of_a_mean() -> None:
    """The draws spread like the standard error of the mean of the scores."""
    scores = np.random.default_rng(0).normal(20, 3, 24)
    outcomes = [outcome(index, 0, clip=score) for index, score in enumerate(scores)]
    (answers,) = outcome_arrays(outcomes, PROBES).values()

    found = clip_score([answers], BootstrapWeights())

    assert found.value == pytest.approx(scores.mean())
    assert found.draws.std() == pytest.approx(scores.std(ddof=1) / np.sqrt(24), rel=0.05)
