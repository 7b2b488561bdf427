"""Area under the ROC curve, against counting, scipy and a computation by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from erasebench.classifier_training.metrics import roc_auc


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_share_of_pairs_in_the_right_order(seed: int) -> None:
    """Counted pair by pair, ties half, and as scipy's rank test has it."""
    rng = np.random.default_rng(seed)
    scores, shows = rng.integers(0, 6, 40).astype(float), rng.random(40) < 0.3
    pairs = [
        (own > other) + 0.5 * (own == other) for own in scores[shows] for other in scores[~shows]
    ]
    test = mannwhitneyu(scores[shows], scores[~shows])

    area = roc_auc(scores, shows)

    assert area.value == pytest.approx(np.mean(pairs))
    assert area.value == pytest.approx(test.statistic / len(pairs))
    assert area.n == 40


def test_the_interval_is_hanley_and_mcneil_s() -> None:
    """At A = 3/4 with two of either kind: Q1 = 3/5, Q2 = 9/14, so a variance of 0.0647."""
    area = roc_auc(np.array([3.0, 1.0, 2.0, 0.0]), np.array([True, True, False, False]))
    variance = (3 / 16 + (3 / 5 - 9 / 16) + (9 / 14 - 9 / 16)) / 4

    assert area.value == 0.75
    assert area.low == pytest.approx(0.75 - 1.959964 * variance**0.5)
    assert area.high == 1.0


def test_the_ends_of_the_scale() -> None:
    """Perfect order is 1, reversed order is 0, and no information is a half."""
    shows = np.array([True, True, False, False])

    assert roc_auc(np.array([4.0, 3.0, 2.0, 1.0]), shows).value == 1.0
    assert roc_auc(np.array([1.0, 2.0, 3.0, 4.0]), shows).value == 0.0
    assert roc_auc(np.zeros(4), shows).value == 0.5
