"""What the ends of a residual's scale are: the unedited base above, retrain below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from erasebench.stats.answers import Answers, Question
from erasebench.stats.draws import NO_DRAWS, Draws
from erasebench.stats.rate import HalfRates, half_rates
from erasebench.stats.sampled import DIGITS

BASE, RETRAIN = "base", "retrain"
"""Name the rows of the two ends, which draw half hits of their own."""

DISCRIMINATING = 0.4
"""The least difference of ceiling and floor at which a probe can tell models apart."""

PLAIN_PROMPT = "standard_prompt"
"""The probe that asks for a concept by its name and does nothing else."""


@dataclass(frozen=True)
class Reference:
    """Answers of the models between which a submission is measured.

    Attributes:
        base: the unedited base's. Ceilings bear their concept as the erased one; what measures
            retention bears `NOTHING`.
        retrain: the floors', each under its concept as the erased one. A concept that retrain
            knows has none, and so no residual.
        floorless: probes whose floor is 0 by the protocol, since nothing measures what they
            invent.
        unaware: by concept, pictures of a model that does not know it, as `standard_prompt` shows
            it: retrain's, or the base's for the empty prompt. Says how often CLIP ranks first what
            the judge rejects where there is nothing to find.
        contrasts: by probe, ceiling minus floor over all the protocol's ranked concepts, from its
            references alone: a probe tells models apart for every row or for none.
    """

    base: Mapping[Question, Answers]
    retrain: Mapping[Question, Answers] = field(default_factory=dict)
    floorless: frozenset[str] = frozenset()
    unaware: Mapping[str, Answers] = field(default_factory=dict)
    contrasts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """Both ends of a probe's scale, at the same concepts and prompt indices as a submission.

    Attributes:
        ceiling: the base's rates.
        floor: retrain's.
    """

    ceiling: HalfRates
    floor: HalfRates


def scale_of(group: Sequence[Answers], reference: Reference, draws: Draws) -> Scale | None:
    """The ends for one probe, each at settings of its own; None where a concept lacks one.

    Args:
        group: a submission's answers to one probe, one per concept.
        reference: where the ends are.
        draws: shared with the submission.

    Raises:
        KeyError: if the base or retrain was not asked at a prompt index of the submission.
    """
    probe = group[0].probe
    asked = [Question(one.target, one.target, probe) for one in group]
    if any(question not in reference.base for question in asked):
        return None
    above = [reference.base[q].at(one.indices) for q, one in zip(asked, group, strict=True)]
    ceiling = half_rates(above, draws, BASE)
    if probe in reference.floorless:
        return Scale(ceiling, no_rates(ceiling))
    if any(question not in reference.retrain for question in asked):
        return None
    below = [reference.retrain[q].at(one.indices) for q, one in zip(asked, group, strict=True)]
    return Scale(ceiling, half_rates(below, draws, RETRAIN))


def contrast_of(probe: str, reference: Reference, concepts: Sequence[str]) -> float | None:
    """Ceiling minus floor of a probe, over those of the concepts that have both; None without any.

    Args:
        probe: its name.
        reference: base and retrain, whole.
        concepts: the protocol's ranked ones.
    """
    asked = [Question(name, name, probe) for name in concepts]
    has_floor = (q for q in asked if probe in reference.floorless or q in reference.retrain)
    group = [reference.base[q] for q in has_floor if q in reference.base]
    scale = scale_of(group, reference, NO_DRAWS) if group else None
    if scale is None:
        return None
    return round(scale.ceiling.pooled().value - scale.floor.pooled().value, DIGITS)


def no_rates(like: HalfRates) -> HalfRates:
    """Rates of 0 without any doubt."""
    return replace(
        like,
        scored=np.zeros_like(like.scored),
        chosen=np.zeros_like(like.chosen),
        of_concepts=np.zeros_like(like.of_concepts),
    )
