"""The rate of a probe: how many of its pictures the judge recognises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erasebench.stats.answers import Answers, Floats
from erasebench.stats.draws import Draws
from erasebench.stats.sampled import Sampled


@dataclass(frozen=True)
class Halves:
    """A mean over each half of the prompt indices, each at the setting the other half prefers.

    W weightings of the prompt indices.

    Attributes:
        means: float64 (2, W) in [0, 1], over the even and the odd half; 0 where a half is empty.
        preferred: int (2, W), the setting that the even and the odd half prefers.
    """

    means: Floats
    preferred: np.ndarray


def rate(group: Sequence[Answers], draws: Draws, row: str) -> Sampled:
    """Recognised share of one probe's pictures, over one concept or pooled over several.

    Every prompt index is scored once, at the setting whose mean selector probability is highest
    on the other half of the concept's indices (ties to the first); draws of one setting are
    averaged. Concepts weigh the same. In each draw the setting is chosen anew, and half a hit and
    half a miss are added to each half, so that rates of 0 and 1 have an interval.

    Args:
        group: answers to one probe, one per concept; at least one.
        draws: shared by every statistic that is to be compared.
        row: names whose answers they are; rows share weights, but not the added half hits.

    Deviation: Lu et al. 2025 score the best picture of all settings by the model that chose it.
    """
    value = _mean([halves(one, np.ones((1, len(one.indices)))).means for one in group])
    weighted = _mean([halves(one, draws.weights(one.target, one.indices)).means for one in group])
    n = np.array([_sizes(one) for one in group]).sum(axis=0)
    for half, size in enumerate(n):
        if size:
            share, invented = draws.prior(f"{row} {group[0].probe} {half}", int(size))
            weighted[half] = (1 - share) * weighted[half] + share * invented
    shares = n / n.sum()
    return Sampled(float(shares @ value[:, 0]), shares @ weighted, int(n.sum()))


def preferred_settings(answers: Answers) -> tuple[str, ...]:
    """The settings that the even and the odd half prefer; empty where there is nothing to choose.

    Each is scored on the other half.
    """
    if len(answers.settings) == 1:
        return ()
    preferred = halves(answers, np.ones((1, len(answers.indices)))).preferred
    return tuple(answers.settings[setting] for setting in preferred[:, 0])


def halves(answers: Answers, weights: Floats) -> Halves:
    """Scores each half at the setting that the other half prefers.

    Args:
        answers: I prompt indices by S settings.
        weights: float64 (W, I), positive, in each row one weighting of the prompt indices.
    """
    sides = (answers.even, ~answers.even)
    preferred = np.array(
        [
            _weighted_means(answers.preference[side], weights[:, side]).argmax(axis=1)
            for side in sides
        ]
    )
    means = np.array(
        [
            np.take_along_axis(
                _weighted_means(answers.hits[side], weights[:, side]),
                preferred[1 - half][:, None],
                axis=1,
            )[:, 0]
            for half, side in enumerate(sides)
        ]
    )
    return Halves(means, preferred)


def _weighted_means(values: Floats, weights: Floats) -> Floats:
    """Means of values (I, S) under weights (W, I): (W, S); zeros where there is no index.

    Summed index by index and not by a matrix product, whose last bit may differ between columns:
    equal settings must tie.
    """
    total = np.zeros((len(weights), values.shape[1]))
    for value, weight in zip(values, weights.T, strict=True):
        total += weight[:, None] * value
    return total / weights.sum(axis=1, keepdims=True) if len(values) else total


def _mean(means: list[Floats]) -> Floats:
    mean: Floats = np.mean(means, axis=0)
    return mean


def _sizes(answers: Answers) -> tuple[int, int]:
    even = int(answers.even.sum())
    return even, len(answers.indices) - even
