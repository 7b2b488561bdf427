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
        within: float64 (2, W), the same from each half alone: each of its quarters at the setting
            that its other quarter prefers; to choose the worst probe by, never to score.
        preferred: int (2, W), the setting that the even and the odd half prefers.
    """

    means: Floats
    within: Floats
    preferred: npt.NDArray[np.int64]


@dataclass(frozen=True)
class HalfRates:
    """A probe's rate on each half, pooled over concepts.

    W = 1 + D columns: the outcomes themselves, then each draw.

    Attributes:
        scored: float64 (2, W) in [0, 1], over the even and the odd half, each at the setting that
            the other prefers.
        chosen: float64 (2, W), the same from each half alone, cross-fitted over its quarters: what
            the worst probe is chosen by.
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
    scored, chosen = _mean([one.means for one in found]), _mean([one.within for one in found])
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

    Beside that, the same within each half: its quarters are every second of its prompt indices, and
    each is scored at the setting that the other prefers. At the setting that the half as a whole
    prefers, its luck would choose the setting and be counted again, and of equally strong probes
    those with settings would look the strongest.

    Args:
        answers: I prompt indices by S settings.
        weights: float64 (W, I), positive, in each row one weighting of the prompt indices.
    """
    # Quarters 0 and 2 make the even half, 1 and 3 the odd one: (4, W, S) and (4, W).
    quarters = [answers.indices % 4 == quarter for quarter in range(4)]
    liked = np.array([_weighted_sums(answers.preference[q], weights[:, q]) for q in quarters])
    hits = np.array([_weighted_sums(answers.hits[q], weights[:, q]) for q in quarters])
    total = _joined(np.array([weights[:, q].sum(axis=1) for q in quarters]))
    preferred = _joined(liked).argmax(axis=2)
    preferred_by_quarter = liked.argmax(axis=2)
    return Halves(
        means=_divided(_at(_joined(hits), preferred[[1, 0]]), total),
        within=_divided(_joined(_at(hits, preferred_by_quarter[[2, 3, 0, 1]])), total),
        preferred=preferred,
    )


def _joined(quarters: Floats) -> Floats:
    """Sums over the halves (2, ...) from those over the quarters (4, ...)."""
    return quarters[:2] + quarters[2:]


def _at(sums: Floats, setting: npt.NDArray[np.int64]) -> Floats:
    """Of sums (..., W, S), those at one setting (..., W) per weighting: (..., W)."""
    at: Floats = np.take_along_axis(sums, setting[..., None], axis=-1)[..., 0]
    return at


def _divided(sums: Floats, total: Floats) -> Floats:
    """Means from sums; 0 where there is no prompt index."""
    return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)


def _weightings(answers: Answers, draws: Draws) -> Floats:
    """Equal weights, then those of each draw, which are made for each half: (1 + D, I)."""
    weights = np.ones((1 + draws.count, len(answers.indices)))
    for half in (answers.even, ~answers.even):
        weights[1:, half] = draws.weights(answers.target, answers.indices[half])
    return weights


def _weighted_sums(values: Floats, weights: Floats) -> Floats:
    """Sums of values (I, S) under weights (W, I): (W, S).

    Index by index and not by a matrix product, whose last bit may differ between columns: equal
    settings must tie.
    """
    total = np.zeros((len(weights), values.shape[1]))
    for value, weight in zip(values, weights.T, strict=True):
        total += weight[:, None] * value
    return total


def _mean(means: list[Floats]) -> Floats:
    mean: Floats = np.mean(means, axis=0)
    return mean


def _sizes(group: Sequence[Answers]) -> npt.NDArray[np.int64]:
    """Prompt indices of each half; a target asked for after several erasures counts once."""
    asked = {(one.target, int(index)) for one in group for index in one.indices}
    even = sum(index % 2 == 0 for _, index in asked)
    return np.array([even, len(asked) - even])
