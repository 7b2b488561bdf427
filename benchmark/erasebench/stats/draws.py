"""The draws of the Bayesian bootstrap, shared by every probe and every row."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from erasebench.stats.answers import Floats

DRAWS = 2000
"""Draws per interval."""

SEED = 20250517
"""Fixed, so that an interval is a function of outcomes alone."""


@dataclass(frozen=True)
class Draws:
    """Seeded random weights, each a function of what it is for.

    Attributes:
        count: number of draws, D.
        seed: of them all.
    """

    count: int = DRAWS
    seed: int = SEED

    def weights(self, concept: str, indices: npt.NDArray[np.int64]) -> Floats:
        """Weights of prompt indices that are averaged together, before they are normalised.

        Gamma with shape (n - 2) / n for n indices: the draws of a mean then have the variance
        s² / n of that mean, s² being the sample variance (divisor n - 1). One or two indices show
        no spread that weights could have; their shape is 1 / n, and their intervals are too short.

        A prompt index weighs the same in every probe and row, which is what pairs differences, and
        whichever other indices there are; only how many there are matters.

        Args:
            concept: the concept asked for.
            indices: int (n,), those of one half, or of both where they are averaged as one.

        Returns:
            float64 (D, n), positive.

        Source: Rubin 1981, The Bayesian bootstrap; Præstgaard and Wellner 1993, Exchangeably
        weighted bootstraps of the general empirical process, for weights other than his.

        Deviation: Rubin's weights have shape 1, which gives (n - 1) / (n + 1) times the variance of
        a mean. Intervals come out 8 % too short at 12 indices and 18 % at 5, and pooling concepts,
        each with indices of its own, does not mend it. `benchmark/simulation/robustness.py` shows
        what they hold.
        """
        weights = np.empty((self.count, len(indices)))
        for column, index in enumerate(indices):
            weights[:, column] = _weights(self, concept, int(index), len(indices))
        return weights

    def prior(self, purpose: str, n: int) -> tuple[Floats, Floats]:
        """Half a hit and half a miss, as they weigh against n prompt indices.

        A mean m of n indices becomes (1 - share) * m + share * rate in each draw, and so 0 of n has
        the draws Beta(1/2, n + 1/2): the posterior under Jeffreys' prior.

        Args:
            purpose: names what they are added to; another purpose gives independent draws.
            n: prompt indices, at least 1.

        Returns:
            share: float64 (D,) in (0, 1), Beta(1, n).
            rate: float64 (D,) in [0, 1], Beta(1/2, 1/2).
        """
        rng = self.rng(f"prior of {purpose}")
        rate = rng.beta(0.5, 0.5, self.count)
        share = rng.beta(1.0, n, self.count)
        return share, rate

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose."""
        digest = hashlib.sha256(f"{self.seed} {purpose}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest, "big"))


@lru_cache(maxsize=1024)
def _weights(draws: Draws, concept: str, index: int, n: int) -> Floats:
    """Weights of one of n prompt indices: (D,); every probe asks for them."""
    shape = max(n - 2, 1) / n
    return draws.rng(f"weight of {concept} {index}").standard_gamma(shape, draws.count)


NO_DRAWS = Draws(count=0)
"""For a value without an interval."""
