"""Robustness: how little the worst probe finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erasebench.stats.answers import Floats
from erasebench.stats.residual import HalfResiduals
from erasebench.stats.sampled import Sampled


@dataclass(frozen=True)
class Robustness:
    """What withstands the worst of some probes.

    Attributes:
        sampled: 1 minus its residual, in [0, 1].
        worst: the probes that are worst on the even and on the odd half; each is scored on the
            other.
        of_concepts: float64 (C,), what each concept contributes, not clipped.
    """

    sampled: Sampled
    worst: tuple[str, str]
    of_concepts: Floats


def robustness(residuals: Sequence[HalfResiduals]) -> Robustness:
    """1 minus the residual of the worst probe, chosen on one half and scored on the other.

    Both ways are averaged, then clipped. The choice uses one half alone, and takes the probe with
    the highest residual there (ties to the first). Where a probe has settings, one quarter of the
    prompt indices chooses and the other quarter of the half is judged, both ways: judged on what
    chose its setting, a probe with settings would be taken for a stronger one without. The probe is
    scored on the other half, at the setting that the choosing half as a whole prefers. In each draw
    the choice is made anew.

    Args:
        residuals: of the probes, which were asked for the same concepts; at least one.
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
        sampled=Sampled(float(kept[0]), kept[1:], min(one.n for one in residuals)),
        worst=(even.probe, odd.probe),
        of_concepts=1 - contributed,
    )
