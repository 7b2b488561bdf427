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
        """Weights of a concept's prompt indices, Exponential(1), before they are normalised.

        A prompt index weighs the same in every probe and row, which is what pairs differences,
        and whatever other indices there are.

        Args:
            concept: the concept asked for.
            indices: int (I,).

        Returns:
            float64 (D, I), positive.

        Source: Rubin 1981, The Bayesian bootstrap.
        """
        return _exponentials(self, concept, int(indices.max()) + 1)[indices].T

    def prior(self, purpose: str, n: int) -> tuple[Floats, Floats]:
        """Half a hit and half a miss, as they weigh against n prompt indices.

        A mean m of n indices becomes (1 - share) * m + share * rate in each draw. For one concept
        and one picture per index, h of n recognised, that is distributed Beta(h + 1/2, n - h +
        1/2): the posterior under Jeffreys' prior.

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


@lru_cache(maxsize=64)
def _exponentials(draws: Draws, concept: str, count: int) -> Floats:
    """Weights of a concept's first prompt indices: (count, D); every probe asks for them."""
    return draws.rng(f"weights of {concept}").standard_exponential((count, draws.count))


NO_DRAWS = Draws(count=0)
"""For a value without an interval."""
