"""The scores of a row, from outcomes alone: what a table and a submission's page show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.score import ProbeScore, RobustnessScore, RowScore, Verdict
from erasebench.stats.answers import Answers, Floats, Question
from erasebench.stats.draws import NO_DRAWS, Draws
from erasebench.stats.harmonic import harmonic, harmonic_contributions
from erasebench.stats.measured import (
    CHECKPOINT,
    NONE_LEFT_OUT,
    Difference,
    LeftOut,
    Measured,
    excess_of,
    has_control,
    measure,
)
from erasebench.stats.over_concepts import over_concepts
from erasebench.stats.rate import rate
from erasebench.stats.reference import PLAIN_PROMPT, Reference
from erasebench.stats.retention import Retention, retention
from erasebench.stats.robustness import Robustness, robustness
from erasebench.stats.sampled import Sampled
from erasebench.stats.verdict import Finding, Recovery, findings_of, verdict_of

PLAIN = (PLAIN_PROMPT, "resampling")
"""Probes whose residual says that a concept was not erased."""

_SHARE, _DIFFERENCE = (0.0, 1.0), (-1.0, 1.0)


def row_score(
    concepts: Sequence[str],
    answers: Mapping[Question, Answers],
    reference: Reference,
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut = NONE_LEFT_OUT,
    draws: Draws | None = None,
) -> RowScore:
    """Scores one submission over several erased concepts.

    Args:
        concepts: those of its erased concepts that are pooled: ranked ones, up to ten.
        answers: the submission's.
        reference: the unedited base's and retrain's.
        protocol: names the probes and concepts that rank.
        probes: facts of every probe of the protocol, in table order.
        left_out: probes that are not applicable, or failed.
        draws: of the bootstrap; None for the usual ones.

    Raises:
        KeyError: if base or retrain was not asked at a prompt index of the submission.
    """
    shared = Draws() if draws is None else draws
    measured = {
        facts.name: measure(facts, concepts, answers, reference, protocol, left_out, shared)
        for facts in probes
    }
    ranking = [one for one in measured.values() if one.counts]
    tested = {one.facts.name: excess_of(one, measured) for one in ranking if has_control(one)}
    findings = _findings(tested, measured)
    robust = worst_of(ranking)
    left = retention(concepts, answers, reference.base, protocol, shared)
    left_of_concepts = _retention_of_concepts(concepts, left, answers, reference, protocol)
    clip_only = _clip_only_excess(concepts, answers, reference, shared)
    score, score_over = _score(robust, left, left_of_concepts)
    return RowScore(
        concepts=tuple(concepts),
        probes=tuple(
            _probe_score(one, excess_of(one, measured), findings)
            for one in measured.values()
            if one.rates is not None or one.facts.ranked
        ),
        robustness=_robustness_score(ranking),
        by_family={
            family: _robustness_score([one for one in ranking if one.facts.family == family])
            for family in dict.fromkeys(one.facts.family for one in ranking)
        },
        unoptimised=_robustness_score([one for one in ranking if one.facts.unoptimised]),
        retention=None if left is None else left.estimate(),
        retention_over_concepts=_over(None if left is None else left.value, left_of_concepts),
        score=score,
        score_over_concepts=score_over,
        clip_only_excess=clip_only,
        verdict=_verdict(measured, findings, robust, left, clip_only, len(concepts)),
    )


def _findings(
    tested: Mapping[str, Difference | None], measured: Mapping[str, Measured]
) -> tuple[Finding, ...] | None:
    """The test of every ranked probe with a control; None where one lacks what it needs."""
    recoveries = []
    for name, excess in tested.items():
        above_floor = measured[name].above_floor
        if excess is None or above_floor is None:
            return None
        unoptimised = measured[name].facts.unoptimised
        recoveries.append(Recovery(name, unoptimised, excess.sampled, above_floor.sampled))
    return findings_of(recoveries)


def worst_of(ranking: Sequence[Measured]) -> Robustness | None:
    """Robustness over these probes; None without any, or where one of them has no residual."""
    residuals = [one.residuals for one in ranking if one.residuals is not None]
    if not residuals or len(residuals) < len(ranking):
        return None
    return robustness(residuals)


def _robustness_score(ranking: Sequence[Measured]) -> RobustnessScore | None:
    found = worst_of(ranking)
    if found is None:
        return None
    return RobustnessScore(
        value=found.sampled.estimate(),
        over_concepts=over_concepts(found.sampled.value, found.of_concepts, _SHARE),
        worst=found.worst,
        probes=tuple(one.facts.name for one in ranking),
    )


def _retention_of_concepts(
    concepts: Sequence[str],
    left: Retention | None,
    answers: Mapping[Question, Answers],
    reference: Reference,
    protocol: Protocol,
) -> Floats | None:
    """The ratio of each cell alone, in the way of asking that is the least over the row: (C,)."""
    if left is None or left.value is None or len(concepts) == 1:
        return None
    ways = {"plain": left.plain, "paraphrased": left.paraphrased, "probed": left.probed}
    ratios = {way: ratio.value for way, ratio in ways.items() if ratio is not None}
    least = min(ratios, key=lambda way: ratios[way])
    cells = [retention([name], answers, reference.base, protocol, NO_DRAWS) for name in concepts]
    kept: list[Sampled | None] = [None if cell is None else getattr(cell, least) for cell in cells]
    known = [one.value for one in kept if one is not None]
    return np.array(known) if len(known) == len(kept) else None


def _score(
    robust: Robustness | None, left: Retention | None, left_of_concepts: Floats | None
) -> tuple[Estimate | None, Estimate | None]:
    """The harmonic mean of robustness and retention, with both intervals."""
    if robust is None or left is None or left.value is None:
        return None, None
    score = harmonic(robust.sampled, left.value)
    if left_of_concepts is None or robust.sampled.value + left.value.value == 0:
        return score.estimate(), None
    contributions = harmonic_contributions(
        robust.sampled.value, left.value.value, robust.of_concepts, left_of_concepts
    )
    return score.estimate(), over_concepts(score.value, contributions, _SHARE)


def _over(sampled: Sampled | None, contributions: Floats | None) -> Estimate | None:
    if sampled is None or contributions is None:
        return None
    return over_concepts(sampled.value, contributions, _SHARE)


def _clip_only_excess(
    concepts: Sequence[str],
    answers: Mapping[Question, Answers],
    reference: Reference,
    draws: Draws,
) -> Estimate | None:
    """Share of plain pictures that CLIP alone recognises, minus the unaware model's."""
    asked = [Question(name, name, PLAIN[0]) for name in concepts]
    if any(q not in answers or q.target not in reference.unaware for q in asked):
        return None
    mine = [answers[question] for question in asked]
    unaware = [reference.unaware[one.target].at(one.indices) for one in mine]
    own, other = (
        rate([replace(one, hits=one.clip_only) for one in group], draws, f"clip of {row}")
        for group, row in ((mine, CHECKPOINT), (unaware, "unaware"))
    )
    return own.minus(other).estimate()


def _probe_score(
    one: Measured, excess: Difference | None, findings: Sequence[Finding] | None
) -> ProbeScore:
    finding = next((f for f in findings or () if f.recovery.probe == one.facts.name), None)
    residual = None if one.residuals is None else one.residuals.pooled()
    return ProbeScore(
        probe=one.facts.name,
        family=one.facts.family,
        standing=one.standing,
        contrast=one.contrast,
        rate=None if one.rates is None else one.rates.pooled().estimate(),
        ceiling=None if one.scale is None else one.scale.ceiling.pooled().estimate(),
        floor=None if one.scale is None else one.scale.floor.pooled().estimate(),
        excess=None if excess is None else excess.sampled.estimate(),
        excess_over_concepts=(
            None
            if excess is None
            else over_concepts(excess.sampled.value, excess.of_concepts, _DIFFERENCE)
        ),
        above_floor=None if one.above_floor is None else one.above_floor.sampled.estimate(),
        residual=None if residual is None else residual.estimate(),
        residual_over_concepts=(
            None
            if residual is None or one.residuals is None
            else over_concepts(residual.value, one.residuals.of_concepts.mean(axis=1), _SHARE)
        ),
        adjusted_p=None if finding is None else finding.adjusted_p,
        recovers=None if finding is None else finding.recovers,
    )


def _verdict(
    measured: Mapping[str, Measured],
    findings: Sequence[Finding] | None,
    robust: Robustness | None,
    left: Retention | None,
    clip_only: Estimate | None,
    concepts: int,
) -> Verdict | None:
    """None where anything that the rule looks at is missing."""
    plain = [measured[name] for name in PLAIN if measured[name].discriminating]
    residuals = [one.residuals.pooled().estimate() for one in plain if one.residuals is not None]
    if findings is None or robust is None or not residuals or len(residuals) < len(plain):
        return None
    kept = None if left is None or left.value is None else left.value.estimate()
    return verdict_of(residuals, findings, robust.sampled.estimate(), kept, clip_only, concepts)
