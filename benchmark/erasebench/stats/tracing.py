"""Tracing: whether images change abruptly or smoothly between base and erased model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erasebench.results.outcome import Estimate
from erasebench.results.trace import SteepestStep, Trace, TraceKind, TraceLabel, TracePoint
from erasebench.stats.bootstrap import DIGITS, BootstrapStatistic, BootstrapWeights
from erasebench.stats.intervals import wilson
from erasebench.stats.outcome_arrays import Floats

ABRUPT = 0.5
"""A curve is abrupt where the steepest step's share has a lower bound above it."""

CHANCE = 0.95
"""Quantile of the distances under swaps that the last point must exceed."""


def trace_of(
    kind: TraceKind,
    erased: str,
    positions: Sequence[float],
    embeddings: npt.NDArray[np.float32],
    hits: npt.NDArray[np.bool_] | None,
    weights: BootstrapWeights,
) -> Trace:
    """The curve of image distances from the base over some points, and whether it is abrupt.

    All points start from the same S latents, so that the images of a seed are paired. With e_ks the
    embedding of seed s at point k and δ_ks = e_ks − e_0s, the distance of point k is

        d_k = sqrt(max(0, Σ_{s≠t} δ_ks·δ_kt / (S(S−1))))

    Its square is unbiased, and d_0 is exactly 0. The distance of the means, ‖Σ_s δ_ks / S‖, also
    has the terms s = t in its square, each a sum of squares: it is above 0 where only single images
    have changed, and the more so the fewer seeds there are, which would look like a leap at the
    first step.

    For the band, each draw reweights the seeds, equally at all points (Bayesian bootstrap). The
    terms s = t are left out here too; they would add noise of the draw to every distance.

    - *No change*: the last distance is within the 95 % quantile of chance. If erasure changed
      nothing, base and erased model could be swapped for any seed; so δ_s becomes ±δ_s at random,
      and the distance is recomputed. This assumes nothing about the distribution of images.
    - *Abrupt*: the steepest step, from d_k to d_{k+1}, makes up more than half of the greatest
      distance on the curve, with a lower bound above half. The step is selected once, by the
      estimates, and kept in all draws: selected in each draw, noise alone would make it steeper.
    - *Smooth* otherwise.

    Args:
        kind: kind of the points.
        erased: the erased concept.
        positions: K of them, ascending, at least `LEAST_POINTS`; the first is the original model.
        embeddings: (K, S, D), unit vectors, S at least 3.
        hits: (K, S), whether the judge recognises the concept; None where it cannot.
        weights: count and seed of the draws.

    Source: Lu et al. 2025, §3.5 and appendix D.6.
    Deviation: they use the distance of the means, and call curves smooth or abrupt by eye. The
    greatest distance is the last one unless the curve turns back, where the last could be small and
    any step a large share of it.
    """
    seeds = embeddings.shape[1]
    moved = embeddings.astype(np.float64) - embeddings[0].astype(np.float64)
    products = moved @ moved.transpose(0, 2, 1)
    of_seeds = weights.weights(erased, np.arange(seeds))
    distances = _distances(products, np.vstack([np.ones(seeds), of_seeds]))
    points = tuple(
        TracePoint(
            position=position,
            distance=_estimate(distance, seeds),
            judge=None if hits is None else wilson(int(hits[place].sum()), seeds),
        )
        for place, (position, distance) in enumerate(zip(positions, distances, strict=True))
    )
    swaps = weights.rng(f"swaps of {erased}").choice((-1.0, 1.0), (weights.count, seeds))
    chance = float(np.quantile(_swapped_distances(products[-1], swaps), CHANCE))
    steepest = None
    word: TraceLabel = "no change"
    if points[-1].distance.value > round(chance, DIGITS):
        steepest = _steepest(positions, distances, seeds)
        word = "abrupt" if steepest.share.low > ABRUPT else "smooth"
    return Trace(
        kind=kind,
        erased=erased,
        points=points,
        chance=round(chance, DIGITS),
        steepest=steepest,
        word=word,
    )


def _distances(products: Floats, weights: Floats) -> Floats:
    """Distances of every point under weightings (W, S) of seeds, from δ·δ (K, S, S): (K, W)."""
    return _root(
        _pair_sums(products, weights) / (weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1))
    )


def _swapped_distances(products: Floats, signs: Floats) -> Floats:
    """Distances of a point whose δ are given signs (W, S), from its δ·δ (S, S): (W,)."""
    seeds = len(products)
    return _root(_pair_sums(products[None], signs)[0] / (seeds * (seeds - 1)))


def _pair_sums(products: Floats, factors: Floats) -> Floats:
    """Σ_{s≠t} f_s·f_t·δ_s·δ_t for factors (W, S), from δ·δ (K, S, S): (K, W)."""
    every: Floats = np.einsum("ws,kst,wt->kw", factors, products, factors, optimize=True)
    own: Floats = np.einsum("ws,kss->kw", factors**2, products)
    return every - own


def _root(squares: Floats) -> Floats:
    """Square roots; 0 for a square that noise made negative."""
    return np.sqrt(np.maximum(squares, 0.0))


def _steepest(positions: Sequence[float], distances: Floats, seeds: int) -> SteepestStep:
    """The steepest step of distances (K, W), whose first column is the estimates."""
    step = int(np.diff(distances[:, 0]).argmax())
    rise = distances[step + 1] - distances[step]
    greatest = distances.max(axis=0)
    # In a draw without any distance the share is 0.
    shares = np.divide(rise, greatest, out=np.zeros_like(rise), where=greatest > 0)
    return SteepestStep(
        start=positions[step], end=positions[step + 1], share=_estimate(shares, seeds)
    )


def _estimate(values: Floats, seeds: int) -> Estimate:
    """A statistic (W,), its estimate first, then its draws."""
    return BootstrapStatistic(float(values[0]), values[1:], seeds).estimate
