"""OutcomeArrays made at random, for tests that compare with a plain loop."""

from __future__ import annotations

import numpy as np

from erasebench.stats.outcome_arrays import OutcomeArrays


def random_answers(
    target: str, probe: str, rng: np.random.Generator, *, settings: int = 3, prompts: int = 8
) -> OutcomeArrays:
    """Hits of one or none of one draw, and a selector that sees nothing."""
    hits = rng.integers(0, 2, (prompts, settings)).astype(float)
    return OutcomeArrays(
        target=target,
        probe=probe,
        indices=np.arange(prompts),
        settings=tuple(str(number) for number in range(settings)),
        draws=np.ones(hits.shape, dtype=np.int64),
        hits=hits,
        preference=rng.random(hits.shape),
        first_hits=hits,
        best_hits=hits,
        best_preference=rng.random(hits.shape),
        clip=np.zeros_like(hits),
        clip_only=1 - hits,
    )
