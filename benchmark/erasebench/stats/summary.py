"""From outcomes to the cells of a result: what an evaluation calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.protocol.retention import retention_questions
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate, Outcome
from erasebench.results.result import Cell, ProbeEstimate
from erasebench.stats.answers import Answers, Question, answers_of
from erasebench.stats.draws import Draws
from erasebench.stats.ends import Ends
from erasebench.stats.measured import NONE_LEFT_OUT, LeftOut
from erasebench.stats.one_of_n import best_of_n, first_of_n
from erasebench.stats.rate import preferred_settings, rate
from erasebench.stats.retention import Retention, retention
from erasebench.stats.scored import score_answers
from erasebench.stats.wilson import wilson


def summarise(
    outcomes: Iterable[Outcome],
    ends: Ends,
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut = NONE_LEFT_OUT,
    draws: Draws | None = None,
) -> tuple[Cell, ...]:
    """Every estimate of a checkpoint, one cell per erased concept, in the protocol's order.

    Args:
        outcomes: the checkpoint's.
        ends: what they stand between. Of the base's outcomes those of a cell's own concept bear its
            name as the erased one, those of retention bear `NOTHING`.
        protocol: sizes, and which concepts must be left.
        probes: facts of the protocol's probes, in table order.
        left_out: probes that are not applicable, or failed.
        draws: of the bootstrap; None for the usual ones.

    Raises:
        ValueError: if outcomes of a question are double or incomplete.
        KeyError: if the base was not asked what the checkpoint was.
    """
    shared = Draws() if draws is None else draws
    answers = answers_of(outcomes, probes)
    reference = ends.reference(probes)
    erased = {question.erased for question in answers}
    cells = []
    for name in (concept for concept in protocol.concepts if concept in erased):
        left = retention([name], answers, reference.base, protocol, shared)
        cells.append(
            Cell(
                erased=name,
                complete=_is_complete(name, answers, protocol, probes, left_out, left),
                probes=_probe_estimates(name, answers, reference.base, probes, shared),
                retention=None if left is None else left.estimate(),
                score=score_answers([name], answers, reference, protocol, probes, left_out, shared),
            )
        )
    return tuple(cells)


def _probe_estimates(
    erased: str,
    answers: Mapping[Question, Answers],
    base_answers: Mapping[Question, Answers],
    probes: Sequence[ProbeFacts],
    draws: Draws,
) -> tuple[ProbeEstimate, ...]:
    own = {q.probe: found for q, found in answers.items() if q.erased == q.target == erased}
    rates = {probe: rate([found], draws, "checkpoint") for probe, found in own.items()}
    estimates = []
    for probe in (facts for facts in probes if facts.name in own):
        found = own[probe.name]
        base = base_answers[Question(erased, erased, probe.name)]
        control = None if probe.control is None else rates.get(probe.control)
        several = found.draws.sum(axis=1).max() > 1
        beside = None if probe.shown_control is None else rates.get(probe.shown_control)
        reference = (
            None
            if probe.reference is None
            else base_answers.get(Question(erased, erased, probe.reference))
        )
        estimates.append(
            ProbeEstimate(
                probe=probe.name,
                rate=rates[probe.name].estimate(),
                wilson=None if several else _wilson_of(found),
                base_rate=rate([base], draws, "base").estimate(),
                excess=None if control is None else rates[probe.name].minus(control).estimate(),
                beside=None if beside is None else rates[probe.name].minus(beside).estimate(),
                unprompted=(
                    None if reference is None else rate([reference], draws, "base").estimate()
                ),
                first=_of_one(first_of_n(found), draws, "checkpoint") if several else None,
                best_of_n=_of_one(best_of_n(found), draws, "checkpoint") if several else None,
                base_best_of_n=_of_one(best_of_n(base), draws, "base") if several else None,
                settings=preferred_settings(found),
            )
        )
    return tuple(estimates)


def _of_one(answers: Answers, draws: Draws, row: str) -> Estimate:
    return rate([answers], draws, row).estimate()


def _wilson_of(answers: Answers) -> Estimate:
    return wilson(hits=round(float(answers.hits.sum())), n=len(answers.indices))


def _is_complete(
    erased: str,
    answers: Mapping[Question, Answers],
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut,
    left: Retention | None,
) -> bool:
    """Whether each ranked probe that applies, and retention, were run on every prompt index."""
    kind = CONCEPTS[erased].kind
    known = {probe.name: probe for probe in probes}
    applying = [
        name
        for name in protocol.ranked_probes
        if name not in left_out.not_applicable
        and (name not in known or kind in known[name].asks_for)
    ]
    conditions = [probe.name for probe in probes if probe.retention_condition]
    wanted = {(erased, name): tuple(range(protocol.prompts)) for name in applying}
    wanted |= retention_questions(protocol, erased, conditions)
    whole = all(
        (question := Question(erased, *asked)) in answers
        and tuple(answers[question].indices.tolist()) == indices
        for asked, indices in wanted.items()
    )
    return whole and left is not None and left.value is not None
