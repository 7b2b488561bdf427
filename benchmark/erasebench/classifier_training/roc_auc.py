"""Area under the ROC curve: how often a positive scores above a negative."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from erasebench.results.outcome import Estimate
from erasebench.stats.intervals import Z_95

METHOD = "Hanley and McNeil"


def roc_auc(scores: npt.NDArray[np.floating], shows: npt.NDArray[np.bool_]) -> Estimate:
    """Share of pairs of a positive and a negative in which the positive scores higher.

    A tie counts half. The interval is the normal one about it, cut off at 0 and 1; where no pair
    is in the wrong order it has no width.

    Source: Hanley and McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve" (Radiology 1982), equation 1.

    Args:
        scores: (N,), higher for positives.
        shows: which are positives, (N,); at least one is and one is not.
    """
    values, place = np.unique(scores, return_inverse=True)
    equals = np.bincount(place, minlength=len(values))
    # Ranks from 1, ties sharing the mean of theirs.
    ranks = (np.cumsum(equals) - (equals - 1) / 2)[place]
    positives = int(shows.sum())
    negatives = len(shows) - positives
    wins = float(ranks[shows].sum()) - positives * (positives + 1) / 2
    area = wins / (positives * negatives)

    two_positives, two_negatives = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area)
        + (positives - 1) * (two_positives - area**2)
        + (negatives - 1) * (two_negatives - area**2)
    ) / (positives * negatives)
    half = Z_95 * sqrt(max(variance, 0.0))
    return Estimate(
        value=area,
        low=max(0.0, area - half),
        high=min(1.0, area + half),
        n=len(shows),
        method=METHOD,
    )
