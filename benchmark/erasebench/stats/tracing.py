"""Tracing: whether pictures move from the base's in one leap or bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from erasebench.results.outcome import Estimate
from erasebench.results.trace import SteepestStep, Trace, TraceKind, TracePoint, TraceWord
from erasebench.stats.bootstrap import DIGITS, BootstrapStatistic, BootstrapWeights
from erasebench.stats.intervals import wilson
from erasebench.stats.outcome_arrays import Floats

ABRUPT = 0.5
"""The share of the whole distance that no single step of a smooth curve is shown to carry."""

CHANCE = 0.95
"""Quantile of chance's distances that the last point must pass to count as moved."""


def trace_of(
    kind: TraceKind,
    erased: str,
    positions: Sequence[float],
    embeddings: npt.NDArray[np.float32],
    hits: npt.NDArray[np.bool_] | None,
    weights: BootstrapWeights,
) -> Trace:
    """The curve of some points' pictures, and whether it is abrupt.

    All points draw from the same S start latents, so that a seed's pictures are paired: with e_ks
    the embedding of seed s at point k and δ_ks = e_ks − e_0s, the distance of point k is

        d_k = sqrt(max(0, Σ_{s≠t} δ_ks·δ_kt / (S(S−1))))

    The plain distance of the means is ‖Σ_s δ_ks / S‖, whose square also holds the terms s = t, each
    a sum of squares: it is above 0 even where nothing has changed but single pictures, and the more
    so the fewer seeds there are, which would look like a leap at the first step. Without these
    terms the square is unbiased. The first point's distance is exactly 0.

    The band weighs the seeds anew in each draw, in every point alike (Bayesian bootstrap); the
    terms s = t are left out there too, or each draw would add noise of its own to every distance.

    - *No change* where the last distance is no greater than what chance gives in 1 of 20 cases. If
      erasure changed nothing, it would not matter which picture of a seed is the base's and which
      the erased model's; so the two are swapped, δ_s becoming ±δ_s at random, and the distance
      taken again. This needs no assumption on how pictures are spread.
    - *Abrupt* where the steepest step, from d_k to d_{k+1}, carries more than half of the greatest
      distance on the curve with a lower bound above half. The step is chosen once, by the
      estimates, and held in all draws: if each draw chose its own, noise alone would make it
      steeper.
    - *Smooth* otherwise: no leap was shown.

    Args:
        kind: what the points are.
        erased: the concept.
        positions: K of them, ascending, at least `LEAST_POINTS`; the first is the unedited base.
        embeddings: (K, S, D), unit vectors, S at least 3.
        hits: (K, S), whether the judge recognises the concept; None where it cannot.
        weights: count and seed of the draws.

    Source: Lu et al. 2025, §3.5 and appendix D.6.
    Deviation: they take the plain distance of the means, and call curves smooth or abrupt by eye.
    The greatest distance is the whole one unless the curve turns back, where the last could be
    small and any step a large share of it.
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
    word: TraceWord = "no change"
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
    """The distances of squares; of one that chance has made negative, 0."""
    return np.sqrt(np.maximum(squares, 0.0))


def _steepest(positions: Sequence[float], distances: Floats, seeds: int) -> SteepestStep:
    """The steepest step of distances (K, W), whose first column is the estimates."""
    step = int(np.diff(distances[:, 0]).argmax())
    rise = distances[step + 1] - distances[step]
    greatest = distances.max(axis=0)
    # A draw in which nothing has moved has no step that carries anything.
    shares = np.divide(rise, greatest, out=np.zeros_like(rise), where=greatest > 0)
    return SteepestStep(
        start=positions[step], end=positions[step + 1], share=_estimate(shares, seeds)
    )


def _estimate(values: Floats, seeds: int) -> Estimate:
    """A statistic (W,), its estimate first, then its draws."""
    return BootstrapStatistic(float(values[0]), values[1:], seeds).estimate
