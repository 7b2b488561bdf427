"""Residual: where a probe's rate lies between floor and ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from erasebench.stats.answers import Floats
from erasebench.stats.rate import HalfRates
from erasebench.stats.reference import Scale
from erasebench.stats.sampled import Sampled


@dataclass(frozen=True)
class HalfResiduals:
    """A probe's residual on each half, not clipped; W = 1 + D columns as in `HalfRates`.

    Attributes:
        probe: its name.
        scored: float64 (2, W), over the even and the odd half, each at the setting that the other
            prefers; 0 is the floor, 1 the ceiling.
        chosen: float64 (2, W), the same from each half alone, between ends of the same kind: what
            the worst probe is chosen by.
        of_concepts: float64 (C, 2), what each concept contributes to `scored` of the outcomes
            themselves.
        n: prompt indices, counted once per concept asked for.
    """

    probe: str
    scored: Floats
    chosen: Floats
    of_concepts: Floats
    n: int

    def pooled(self) -> Sampled:
        """The residual over both halves, clipped to [0, 1] only now, so that noise cancels."""
        both = np.clip(self.scored.mean(axis=0), 0.0, 1.0)
        return Sampled(float(both[0]), both[1:], self.n)


def half_residuals(probe: str, rates: HalfRates, scale: Scale) -> HalfResiduals | None:
    """(rate - floor) / (ceiling - floor) on each half, all of them pooled over concepts first.

    A concept's contribution is its own difference, R + ((rate - floor) - R (ceiling - floor)) / P
    with the pooled residual R and the pooled P = ceiling - floor: the mean over concepts is R, and
    the spread is that of a ratio of means to first order.

    Args:
        probe: its name.
        rates: the submission's.
        scale: the ends at the same prompt indices.

    Returns:
        None where a half holds no prompt index, or where ceiling does not lie above floor on it:
        there is nothing between them.
    """
    span = scale.ceiling.scored - scale.floor.scored
    own_span = scale.ceiling.chosen - scale.floor.chosen
    if rates.n.min() == 0 or min(span[:, 0].min(), own_span[:, 0].min()) <= 0:
        return None
    scored = (rates.scored - scale.floor.scored) / span
    above = rates.of_concepts - scale.floor.of_concepts
    apart = scale.ceiling.of_concepts - scale.floor.of_concepts
    return HalfResiduals(
        probe=probe,
        scored=scored,
        chosen=(rates.chosen - scale.floor.chosen) / own_span,
        of_concepts=scored[:, 0] + (above - scored[:, 0] * apart) / span[:, 0],
        n=int(rates.n.sum()),
    )
