"""The rate of a probe: how many of its pictures the judge recognises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erasebench.stats.answers import Answers, Floats
from erasebench.stats.draws import Draws
from erasebench.stats.sampled import Sampled


@dataclass(frozen=True)
class Halves:
    """A mean over each half of the prompt indices, each at the setting the other half prefers.

    W weightings of the prompt indices.

    Attributes:
        means: float64 (2, W) in [0, 1], over the even and the odd half; 0 where a half is empty.
        own: float64 (2, W), the same at the setting that the half itself prefers: to choose by,
            never to score.
        preferred: int (2, W), the setting that the even and the odd half prefers.
    """

    means: Floats
    own: Floats
    preferred: np.ndarray


@dataclass(frozen=True)
class HalfRates:
    """A probe's rate on each half, pooled over concepts.

    W = 1 + D columns: the outcomes themselves, then each draw.

    Attributes:
        scored: float64 (2, W) in [0, 1], over the even and the odd half, each at the setting that
            the other prefers.
        chosen: float64 (2, W), the same at the setting that the half itself prefers.
        of_concepts: float64 (C, 2), `scored` of the outcomes themselves in each concept.
        n: int (2,), prompt indices, counted once per concept asked for.
    """

    scored: Floats
    chosen: Floats
    of_concepts: Floats
    n: npt.NDArray[np.int64]

    def pooled(self) -> Sampled:
        """The rate over all prompt indices."""
        shares = self.n / self.n.sum()
        both = shares @ self.scored
        return Sampled(float(both[0]), both[1:], int(self.n.sum()))


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
    return half_rates(group, draws, row).pooled()


def half_rates(group: Sequence[Answers], draws: Draws, row: str) -> HalfRates:
    """The same on each half apart; arguments as of `rate`."""
    found = [halves(one, _weightings(one, draws)) for one in group]
    scored, chosen = _mean([one.means for one in found]), _mean([one.own for one in found])
    n = _sizes(group)
    for half, size in enumerate(n):
        if size:
            share, invented = draws.prior(f"{row} {group[0].probe} {half}", int(size))
            for means in (scored, chosen):
                means[half, 1:] = (1 - share) * means[half, 1:] + share * invented
    return HalfRates(scored, chosen, np.array([one.means[:, 0] for one in found]), n)


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
    hits = [_weighted_means(answers.hits[side], weights[:, side]) for side in sides]
    return Halves(
        means=np.array([_at(hits[half], preferred[1 - half]) for half in (0, 1)]),
        own=np.array([_at(hits[half], preferred[half]) for half in (0, 1)]),
        preferred=preferred,
    )


def _at(means: Floats, setting: np.ndarray) -> Floats:
    """Of means (W, S), those at one setting (W,) per weighting: (W,)."""
    at: Floats = np.take_along_axis(means, setting[:, None], axis=1)[:, 0]
    return at


def _weightings(answers: Answers, draws: Draws) -> Floats:
    """Equal weights, then those of each draw: (1 + D, I)."""
    drawn = draws.weights(answers.target, answers.indices)
    return np.vstack([np.ones(drawn.shape[1]), drawn])


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


def _sizes(group: Sequence[Answers]) -> npt.NDArray[np.int64]:
    """Prompt indices of each half; a target asked for after several erasures counts once."""
    asked = {(one.target, int(index)) for one in group for index in one.indices}
    even = sum(index % 2 == 0 for _, index in asked)
    return np.array([even, len(asked) - even])
