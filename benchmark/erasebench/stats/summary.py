"""All estimates of a result, from a row's outcomes: its cells and its score."""

from __future__ import annotations

from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.protocol.retention import retention_questions
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, ProbeEstimate
from erasebench.results.score import RowScore
from erasebench.stats.anchors import BASE
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.intervals import wilson
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup
from erasebench.stats.probe_measurement import CHECKPOINT
from erasebench.stats.rates import best_of_n, first_of_n, preferred_settings, rate
from erasebench.stats.retention import Retention
from erasebench.stats.row_data import RowData
from erasebench.stats.row_score import pooled_retention, row_score


@dataclass(frozen=True)
class RowSummary:
    """All estimates of a row.

    Attributes:
        cells: one per erased concept, in the protocol's order, without traces.
        score: over all its ranked concepts; None where it has none.
    """

    cells: tuple[Cell, ...]
    score: RowScore | None


def summarise(row: RowData) -> RowSummary:
    """Every estimate of a row, in one pass over its outcomes.

    A cell of a ranked concept has a score of its own, which is also the row's where the row has no
    other ranked concept.

    Raises:
        KeyError: if the base lacks a probe or a prompt index of the checkpoints.
    """
    ranked = row.ranked
    retentions = {name: pooled_retention([name], row) for name in row.erased}
    scores = {name: row_score([name], row, retentions) for name in ranked}
    cells = tuple(
        Cell(
            erased=name,
            complete=_is_complete(name, row, left),
            probes=_probe_estimates(name, row),
            retention=None if left is None else left.estimate,
            score=scores.get(name),
        )
        for name, left in retentions.items()
    )
    if len(ranked) > 1:
        return RowSummary(cells, row_score(ranked, row, retentions))
    return RowSummary(cells, scores[ranked[0]] if ranked else None)


def ranked_score(row: RowData) -> RowScore | None:
    """The score over all ranked concepts of a row, without its cells; None where it has none."""
    ranked = row.ranked
    if not ranked:
        return None
    return row_score(ranked, row, {name: pooled_retention([name], row) for name in ranked})


def _probe_estimates(erased: str, row: RowData) -> tuple[ProbeEstimate, ...]:
    own = {q.probe: found for q, found in row.arrays.items() if q.erased == q.target == erased}
    bases = {q.probe: a for q, a in row.anchors.base.items() if q.erased == q.target == erased}
    weights = row.weights
    rates = {probe: rate([found], weights, CHECKPOINT) for probe, found in own.items()}
    estimates = []
    for probe in (facts for facts in row.probes if facts.name in own):
        found, own_rate, of_base = own[probe.name], rates[probe.name], bases[probe.name]
        several = found.draws.sum(axis=1).max() > 1
        control = rates.get(probe.control or "")
        beside = rates.get(probe.shown_control or "")
        reference = bases.get(probe.reference or "")
        estimates.append(
            ProbeEstimate(
                probe=probe.name,
                rate=own_rate.estimate,
                wilson=None if several else wilson(round(float(found.hits.sum())), own_rate.n),
                base_rate=_rate(of_base, weights, BASE),
                excess=None if control is None else own_rate.minus(control).estimate,
                beside=None if beside is None else own_rate.minus(beside).estimate,
                unprompted=None if reference is None else _rate(reference, weights, BASE),
                first=_rate(first_of_n(found), weights, CHECKPOINT) if several else None,
                best_of_n=_rate(best_of_n(found), weights, CHECKPOINT) if several else None,
                base_best_of_n=_rate(best_of_n(of_base), weights, BASE) if several else None,
                settings=preferred_settings(found, weights),
            )
        )
    return tuple(estimates)


def _rate(arrays: OutcomeArrays, weights: BootstrapWeights, model: str) -> Estimate:
    return rate([arrays], weights, model).estimate


def _is_complete(erased: str, row: RowData, left: Retention | None) -> bool:
    """Whether each applicable ranked probe and retention were run on every prompt index."""
    kind, protocol = CONCEPTS[erased].kind, row.protocol
    known = {probe.name: probe for probe in row.probes}
    applying = [
        name
        for name in protocol.ranked_probes
        if name not in row.exclusions.not_applicable
        and (name not in known or kind in known[name].asks_for)
    ]
    conditions = [probe.name for probe in row.probes if probe.retention_condition]
    wanted = {(erased, name): tuple(range(protocol.prompts)) for name in applying}
    wanted |= retention_questions(protocol, erased, conditions)
    whole = all(
        (group := OutcomeGroup(erased, *question)) in row.arrays
        and tuple(row.arrays[group].indices.tolist()) == indices
        for question, indices in wanted.items()
    )
    return whole and left is not None and left.value is not None
