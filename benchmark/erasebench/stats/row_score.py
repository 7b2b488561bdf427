"""The scores of a row, from its outcomes alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from erasebench.results.outcome import Estimate
from erasebench.results.score import ProbeScore, RobustnessScore, RowScore, Verdict
from erasebench.stats.anchors import PLAIN_PROMPT
from erasebench.stats.bootstrap import BootstrapStatistic, estimate_of
from erasebench.stats.intervals import over_concepts
from erasebench.stats.outcome_arrays import Floats, OutcomeGroup
from erasebench.stats.probe_measurement import (
    CHECKPOINT,
    Difference,
    ProbeMeasurement,
    excess_of,
    has_control,
    measure,
)
from erasebench.stats.rates import rate
from erasebench.stats.retention import Retention, retention
from erasebench.stats.robustness import Robustness, robustness
from erasebench.stats.row_data import RowData
from erasebench.stats.verdict import Finding, Recovery, findings_of, verdict_of

PLAIN = (PLAIN_PROMPT, "resampling")
"""Probes whose residual decides whether a concept was not erased."""


def row_score(
    concepts: Sequence[str], row: RowData, cells: Mapping[str, Retention | None]
) -> RowScore:
    """Scores one submission over several erased concepts.

    Args:
        concepts: those of its erased concepts that are pooled: ranked ones, up to ten.
        row: its outcomes, and what they are compared with.
        cells: retention after the erasure of each of the concepts alone.

    Returns:
        A score is None where a probe or a reference that it needs is missing.

    Raises:
        KeyError: if base or retrained model lacks a prompt index of the submission.
    """
    measured = {facts.name: measure(facts, concepts, row) for facts in row.probes}
    ranking = [one for one in measured.values() if one.counts]
    excess = {name: excess_of(one, measured) for name, one in measured.items()}
    tested = {one.facts.name: excess[one.facts.name] for one in ranking if has_control(one)}
    findings = _findings(tested, measured)
    robust = worst_of(ranking)
    left = pooled_retention(concepts, row) if len(concepts) > 1 else cells[concepts[0]]
    left_of_concepts = _retention_of_concepts(concepts, left, cells)
    clip_only = _clip_only_excess(concepts, row)
    score, score_over = _score(robust, left, left_of_concepts)
    return RowScore(
        concepts=tuple(concepts),
        probes=tuple(
            _probe_score(one, excess[name], findings)
            for name, one in measured.items()
            if one.rates is not None or one.facts.ranked
        ),
        robustness=_robustness_score(ranking),
        by_family={
            family: _robustness_score([one for one in ranking if one.facts.family == family])
            for family in dict.fromkeys(one.facts.family for one in ranking)
        },
        unoptimised=_robustness_score([one for one in ranking if one.facts.unoptimised]),
        retention=None if left is None else left.estimate,
        retention_over_concepts=(
            None
            if left is None or left.value is None or left_of_concepts is None
            else over_concepts(left.value.value, left_of_concepts)
        ),
        score=score,
        score_over_concepts=score_over,
        clip_only_excess=clip_only,
        verdict=_verdict(measured, findings, robust, left, clip_only, len(concepts)),
    )


def pooled_retention(concepts: Sequence[str], row: RowData) -> Retention | None:
    """Retention over the cells of some erased concepts; None where it was not run."""
    return retention(concepts, row.arrays, row.anchors.base, row.protocol, row.weights)


def worst_of(ranking: Sequence[ProbeMeasurement]) -> Robustness | None:
    """Robustness over these probes; None without any, or where one of them has no residual."""
    residuals = [one.residuals for one in ranking if one.residuals is not None]
    if not residuals or len(residuals) < len(ranking):
        return None
    return robustness(residuals)


def harmonic(first: BootstrapStatistic, second: BootstrapStatistic) -> BootstrapStatistic:
    """Harmonic mean 2ab / (a + b) of two shares, 0 where both are, in the value and each draw."""
    return BootstrapStatistic(
        float(_harmonic(np.array(first.value), np.array(second.value))),
        _harmonic(first.draws, second.draws),
        min(first.n, second.n),
    )


def harmonic_contributions(a: float, b: float, of_first: Floats, of_second: Floats) -> Floats:
    """Contribution of each concept to 2ab / (a + b), to first order around a and b: (C,).

    The slopes are 2b² / (a + b)² along a and 2a² / (a + b)² along b.

    Args:
        a: the first share over all concepts.
        b: the second share over all concepts; not both are 0.
        of_first: float64 (C,), contribution of each concept to a.
        of_second: float64 (C,), contribution of each concept to b.
    """
    whole = a + b
    return (
        2 * a * b / whole
        + 2 * (b / whole) ** 2 * (of_first - a)
        + 2 * (a / whole) ** 2 * (of_second - b)
    )


def _harmonic(a: Floats, b: Floats) -> Floats:
    product, whole = 2 * a * b, a + b
    return np.divide(product, whole, out=np.zeros_like(whole), where=whole > 0)


def _findings(
    tested: Mapping[str, Difference | None], measured: Mapping[str, ProbeMeasurement]
) -> tuple[Finding, ...] | None:
    """The test of every ranked probe with a control; None where one lacks what it needs."""
    recoveries = []
    for name, excess in tested.items():
        above_floor = measured[name].above_floor
        if excess is None or above_floor is None:
            return None
        unoptimised = measured[name].facts.unoptimised
        recoveries.append(Recovery(name, unoptimised, excess.statistic, above_floor.statistic))
    return findings_of(recoveries)


def _robustness_score(ranking: Sequence[ProbeMeasurement]) -> RobustnessScore | None:
    robust = worst_of(ranking)
    if robust is None:
        return None
    return RobustnessScore(
        value=robust.statistic.estimate,
        over_concepts=over_concepts(robust.statistic.value, robust.of_concepts),
        worst=robust.worst,
        probes=tuple(one.facts.name for one in ranking),
    )


def _retention_of_concepts(
    concepts: Sequence[str], left: Retention | None, cells: Mapping[str, Retention | None]
) -> Floats | None:
    """The ratio of each cell alone, in the condition that is the minimum over the row: (C,)."""
    if left is None or left.value is None or len(concepts) == 1:
        return None
    ways = {"plain": left.plain, "paraphrased": left.paraphrased, "probed": left.probed}
    ratios = {way: ratio.value for way, ratio in ways.items() if ratio is not None}
    least = min(ratios, key=lambda way: ratios[way])
    kept: list[BootstrapStatistic | None] = [
        None if (cell := cells[name]) is None else getattr(cell, least) for name in concepts
    ]
    known = [one.value for one in kept if one is not None]
    return np.array(known) if len(known) == len(kept) else None


def _score(
    robust: Robustness | None, left: Retention | None, left_of_concepts: Floats | None
) -> tuple[Estimate | None, Estimate | None]:
    """The harmonic mean of robustness and retention, with both intervals."""
    if robust is None or left is None or left.value is None:
        return None, None
    score = harmonic(robust.statistic, left.value)
    if left_of_concepts is None or robust.statistic.value + left.value.value == 0:
        return score.estimate, None
    contributions = harmonic_contributions(
        robust.statistic.value, left.value.value, robust.of_concepts, left_of_concepts
    )
    return score.estimate, over_concepts(score.value, contributions)


def _clip_only_excess(concepts: Sequence[str], row: RowData) -> Estimate | None:
    """Share of plain images that CLIP alone recognises, minus that of a model without the concept.

    None where either is missing.
    """
    asked = [OutcomeGroup(name, name, PLAIN[0]) for name in concepts]
    others = row.anchors.unaware
    if any(q not in row.arrays or q.target not in others for q in asked):
        return None
    mine = [row.arrays[question] for question in asked]
    unaware = [others[one.target].at(one.indices) for one in mine]
    own, other = (
        rate([replace(one, hits=one.clip_only) for one in group], row.weights, f"clip of {model}")
        for group, model in ((mine, CHECKPOINT), (unaware, "unaware"))
    )
    return own.minus(other).estimate


def _probe_score(
    one: ProbeMeasurement, excess: Difference | None, findings: Sequence[Finding] | None
) -> ProbeScore:
    finding = next((f for f in findings or () if f.recovery.probe == one.facts.name), None)
    residuals, above_floor = one.residuals, one.above_floor
    return ProbeScore(
        probe=one.facts.name,
        family=one.facts.family,
        standing=one.standing,
        contrast=one.contrast,
        rate=None if one.rates is None else one.rates.pooled.estimate,
        ceiling=None if one.scale is None else one.scale.ceiling.pooled.estimate,
        floor=None if one.scale is None else one.scale.floor.pooled.estimate,
        excess=None if excess is None else excess.statistic.estimate,
        excess_over_concepts=None if excess is None else excess.over_concepts,
        above_floor=None if above_floor is None else above_floor.statistic.estimate,
        residual=None if residuals is None else residuals.pooled.estimate,
        residual_over_concepts=None if residuals is None else residuals.over_concepts,
        adjusted_p=None if finding is None else finding.adjusted_p,
        recovers=None if finding is None else finding.recovers,
    )


def _verdict(
    measured: Mapping[str, ProbeMeasurement],
    findings: Sequence[Finding] | None,
    robust: Robustness | None,
    left: Retention | None,
    clip_only: Estimate | None,
    concepts: int,
) -> Verdict | None:
    """None where a value that the rule needs is missing."""
    plain = [measured[name] for name in PLAIN if measured[name].discriminating]
    residuals = [one.residuals.pooled.estimate for one in plain if one.residuals is not None]
    if findings is None or robust is None or not residuals or len(residuals) < len(plain):
        return None
    kept = estimate_of(None if left is None else left.value)
    return verdict_of(residuals, findings, robust.statistic.estimate, kept, clip_only, concepts)
