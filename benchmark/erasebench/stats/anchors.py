"""Anchors of a row's scale: ceiling (original model, base) and floor (retrained model)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.stats.bootstrap import DIGITS, NO_DRAWS, BootstrapWeights
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup, outcome_arrays
from erasebench.stats.rates import HalfRates, half_rates

BASE, RETRAIN = "base", "retrain"
"""Names of the anchors' rows; each has half hits of its own."""

DISCRIMINATING = 0.4
"""Minimum contrast (ceiling minus floor) of a probe that counts."""

PLAIN_PROMPT = "standard_prompt"
"""The probe with the plain prompt and nothing else."""

UNPROMPTED = "standard_prompt_unprompted"
"""The probe that runs the base with an empty prompt."""


@dataclass(frozen=True)
class Anchors:
    """Outcomes of the models that a submission is normalised by.

    Attributes:
        base: the base's. Ceilings have their concept as the erased one; retention has `NOTHING`.
        retrain: the floors', each with its concept as the erased one. A concept that the retrained
            model was trained on has none, and so no residual.
        floorless: probes whose floor is 0 by the protocol, without a bound on false positives.
        unaware: by concept, `standard_prompt` outcomes of a model without the concept: the
            retrained one, or the base with the empty prompt. They give the rate of CLIP-only
            detections without the concept.
        contrasts: by probe, ceiling minus floor over all ranked concepts of the protocol, from its
            references alone. So a probe discriminates for every row or for none.
    """

    base: Mapping[OutcomeGroup, OutcomeArrays]
    retrain: Mapping[OutcomeGroup, OutcomeArrays] = field(default_factory=dict)
    floorless: frozenset[str] = frozenset()
    unaware: Mapping[str, OutcomeArrays] = field(default_factory=dict)
    contrasts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scale:
    """Ceiling and floor of a probe at the concepts and prompt indices of a submission.

    Attributes:
        ceiling: the base's rates.
        floor: the retrained model's.
    """

    ceiling: HalfRates
    floor: HalfRates


def anchors_of(
    base: Sequence[Outcome],
    references: References,
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
) -> Anchors:
    """The anchors of a result.

    Args:
        base: the base's outcomes in the result's groups.
        references: the protocol's stored outcomes of base and retrained model.
        protocol: names the ranked concepts, and whether there is a retrained model.
        probes: facts of its probes.
    """
    own = with_stand_ins(outcome_arrays(base, probes), probes)
    has_retrain = bool(protocol.retrain)
    stored, retrain = references.base, references.retrain
    if stored is None or (has_retrain and retrain is None):
        return anchors_between(own, {}, probes, has_retrain=has_retrain)
    below = () if retrain is None else retrain.current(probes)
    floors = with_stand_ins(outcome_arrays(below, probes), probes)
    # Contrasts need ranked concepts only; most outcomes of the base are of retention.
    asked_for = [one for one in stored.current(probes) if one.erased == one.target]
    whole = with_stand_ins(outcome_arrays(asked_for, probes), probes)
    contrasts = contrasts_of(
        anchors_between(whole, floors, probes, has_retrain=has_retrain), protocol.ranked, probes
    )
    anchors = anchors_between(own, floors, probes, has_retrain=has_retrain)
    return replace(anchors, contrasts=contrasts)


def with_stand_ins(
    arrays: Mapping[OutcomeGroup, OutcomeArrays], probes: Sequence[ProbeFacts]
) -> dict[OutcomeGroup, OutcomeArrays]:
    """Arrays of base or retrained model, also under each probe that is another of them there.

    Args:
        arrays: of one model.
        probes: facts of the protocol's probes; `on_base` names the other probe.
    """
    same = [(facts.name, facts.on_base) for facts in probes if facts.on_base is not None]
    return {**arrays} | {
        group._replace(probe=name): found
        for name, asked in same
        for group, found in arrays.items()
        if group.probe == asked
    }


def anchors_between(
    base: Mapping[OutcomeGroup, OutcomeArrays],
    retrain: Mapping[OutcomeGroup, OutcomeArrays],
    probes: Sequence[ProbeFacts],
    *,
    has_retrain: bool = True,
) -> Anchors:
    """Anchors without contrasts.

    Args:
        base: the base's outcomes.
        retrain: the retrained model's; without effect where the protocol has none.
        probes: facts of the protocol's probes.
        has_retrain: whether the protocol has a retrained model. Without one, the base gives the
            floors of completions, and all others are 0.
    """
    if has_retrain:
        return Anchors(base, retrain, unaware=_of_own_concept(retrain, PLAIN_PROMPT))
    return Anchors(
        base,
        _floors_of_base(base, probes),
        floorless=frozenset(facts.name for facts in probes if facts.floor is None),
        unaware=_of_own_concept(base, UNPROMPTED),
    )


def _of_own_concept(
    arrays: Mapping[OutcomeGroup, OutcomeArrays], probe: str
) -> dict[str, OutcomeArrays]:
    """By concept, the outcomes of one probe on the erased concept."""
    return {
        group.target: found
        for group, found in arrays.items()
        if group.probe == probe and group.erased == group.target
    }


def _floors_of_base(
    base: Mapping[OutcomeGroup, OutcomeArrays], probes: Sequence[ProbeFacts]
) -> dict[OutcomeGroup, OutcomeArrays]:
    """The floors that the base itself gives, by the probes whose floors they are."""
    probe_of = {facts.floor: facts.name for facts in probes if facts.floor is not None}
    return {
        group._replace(probe=name): replace(found, probe=name)
        for group, found in base.items()
        if (name := probe_of.get(group.probe)) is not None
    }


def contrasts_of(
    anchors: Anchors, concepts: Sequence[str], probes: Sequence[ProbeFacts]
) -> dict[str, float]:
    """Ceiling minus floor by probe, for those that have both; arguments as for `contrast_of`."""
    found = {facts.name: contrast_of(facts.name, anchors, concepts) for facts in probes}
    return {name: contrast for name, contrast in found.items() if contrast is not None}


def contrast_of(probe: str, anchors: Anchors, concepts: Sequence[str]) -> float | None:
    """Ceiling minus floor of a probe in [-1, 1]; None without a concept that has both.

    Args:
        probe: its name.
        anchors: of the whole references.
        concepts: the protocol's ranked ones; those with both anchors are pooled.
    """
    asked = [OutcomeGroup(name, name, probe) for name in concepts]
    has_floor = (q for q in asked if probe in anchors.floorless or q in anchors.retrain)
    group = [anchors.base[q] for q in has_floor if q in anchors.base]
    scale = scale_of(group, anchors, NO_DRAWS) if group else None
    if scale is None:
        return None
    return round(scale.ceiling.pooled.value - scale.floor.pooled.value, DIGITS)


def scale_of(
    group: Sequence[OutcomeArrays], anchors: Anchors, weights: BootstrapWeights
) -> Scale | None:
    """The scale of one probe, each end at settings of its own; None where a concept lacks an end.

    Args:
        group: a submission's arrays of one probe, one per concept.
        anchors: outcomes of base and retrained model.
        weights: shared with the submission.

    Raises:
        KeyError: if base or retrained model lacks a prompt index of the submission.
    """
    probe = group[0].probe
    asked = [OutcomeGroup(one.target, one.target, probe) for one in group]
    if any(question not in anchors.base for question in asked):
        return None
    above = [anchors.base[q].at(one.indices) for q, one in zip(asked, group, strict=True)]
    ceiling = half_rates(above, weights, BASE)
    if probe in anchors.floorless:
        return Scale(ceiling, zero_rates(ceiling))
    if any(question not in anchors.retrain for question in asked):
        return None
    below = [anchors.retrain[q].at(one.indices) for q, one in zip(asked, group, strict=True)]
    return Scale(ceiling, half_rates(below, weights, RETRAIN))


def zero_rates(like: HalfRates) -> HalfRates:
    """Rates of 0 without uncertainty, of the same shape."""
    return replace(
        like,
        scored=np.zeros_like(like.scored),
        chosen=np.zeros_like(like.chosen),
        of_concepts=np.zeros_like(like.of_concepts),
    )
