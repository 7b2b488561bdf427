"""Residual (normalised recovery) of a probe, and robustness: 1 minus that of the worst probe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from erasebench.results.outcome import Estimate
from erasebench.stats.anchors import Scale
from erasebench.stats.bootstrap import BootstrapStatistic
from erasebench.stats.intervals import over_concepts
from erasebench.stats.outcome_arrays import Floats
from erasebench.stats.rates import HalfRates


@dataclass(frozen=True)
class HalfResiduals:
    """A probe's residual on each half, not clipped; W = 1 + D columns as in `HalfRates`.

    Attributes:
        probe: its name.
        scored: float64 (2, W), each half at the setting that the other prefers; 0 is the floor, 1
            the ceiling.
        chosen: float64 (2, W), from each half alone, between anchors of the same kind. Selects the
            worst probe.
        of_concepts: float64 (C, 2), contribution of each concept to `scored` of the outcomes
            themselves.
        n: prompt indices, counted once per target.
    """

    probe: str
    scored: Floats
    chosen: Floats
    of_concepts: Floats
    n: int

    @cached_property
    def pooled(self) -> BootstrapStatistic:
        """The mean over both halves, clipped to [0, 1] only then, so that noise cancels."""
        both = np.clip(self.scored.mean(axis=0), 0.0, 1.0)
        return BootstrapStatistic(float(both[0]), both[1:], self.n)

    @property
    def over_concepts(self) -> Estimate | None:
        """`pooled` with concepts as the unit; None for a single concept."""
        return over_concepts(self.pooled.value, self.of_concepts.mean(axis=1))


def half_residuals(probe: str, rates: HalfRates, scale: Scale) -> HalfResiduals | None:
    """(rate - floor) / (ceiling - floor) on each half, with all three pooled over concepts first.

    The contribution of a concept is R + ((rate - floor) - R·(ceiling - floor)) / P with its own
    rates, the pooled residual R and the pooled P = ceiling - floor. Their mean over concepts is R,
    and their spread is that of a ratio of means to first order.

    Args:
        probe: its name.
        rates: the submission's.
        scale: the anchors at the same prompt indices.

    Returns:
        None where a half has no prompt index, or where the ceiling is not above the floor on it.
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


@dataclass(frozen=True)
class Robustness:
    """Robustness against several probes.

    Attributes:
        statistic: 1 minus the worst residual, in [0, 1].
        worst: the worst probe on the even and on the odd half; each is scored on the other half.
        of_concepts: float64 (C,), contribution of each concept, not clipped.
    """

    statistic: BootstrapStatistic
    worst: tuple[str, str]
    of_concepts: Floats


def robustness(residuals: Sequence[HalfResiduals]) -> Robustness:
    """1 minus the residual of the worst probe, selected on one half and scored on the other.

    Both ways are averaged, then clipped to [0, 1]. The probe with the highest residual on the
    selecting half is the worst (ties: the first). For a probe with settings, one quarter of the
    prompt indices selects the setting and the other quarter of the half is judged, both ways:
    judged on what selected its setting, a probe with settings would look stronger than one
    without. The worst probe is scored on the other half, at the setting that the selecting half as
    a whole prefers. Each draw selects again.

    Args:
        residuals: of probes with the same concepts; at least one.
    """
    # (P, 2, W): the worst of P probes on each half, then the score of the choice on the other.
    chosen = np.stack([one.chosen for one in residuals])
    scored = np.stack([one.scored for one in residuals])
    worst = chosen.argmax(axis=0)
    found = np.take_along_axis(scored, worst[None, ::-1], axis=0)[0]
    kept = np.clip(1 - found.mean(axis=0), 0.0, 1.0)
    even, odd = (residuals[probe] for probe in worst[:, 0])
    contributed = (odd.of_concepts[:, 0] + even.of_concepts[:, 1]) / 2
    return Robustness(
        statistic=BootstrapStatistic(float(kept[0]), kept[1:], min(one.n for one in residuals)),
        worst=(even.probe, odd.probe),
        of_concepts=1 - contributed,
    )
