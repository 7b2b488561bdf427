"""Retention: how well an erased model still generates other concepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.protocol.retention import OTHER_WORDS, PLAIN, retention_questions
from erasebench.results.record import NOTHING
from erasebench.results.score import RetentionEstimate
from erasebench.stats.bootstrap import (
    BootstrapStatistic,
    BootstrapWeights,
    estimate_of,
    least_of,
    mean_of,
)
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup
from erasebench.stats.rates import clip_score, rate


@dataclass(frozen=True)
class Retention:
    """Retention after one erasure or several: how well other concepts are still generated.

    Attributes:
        value: the least of the three ratios; None where any of them is.
        plain, paraphrased, probed: ratios to the base with plain prompts, with other words, and
            under the conditions of the ranked probes; None where a condition is missing in any
            cell, or where the base's rate is 0.
        by_concept: recognised share per retention concept with its plain prompt.
        clip: difference to the base in mean CLIP score with plain prompts; None without any.
        clip_by_concept: the same per retention concept.
    """

    value: BootstrapStatistic | None
    plain: BootstrapStatistic | None
    paraphrased: BootstrapStatistic | None
    probed: BootstrapStatistic | None
    by_concept: dict[str, BootstrapStatistic]
    clip: BootstrapStatistic | None
    clip_by_concept: dict[str, BootstrapStatistic]

    @cached_property
    def estimate(self) -> RetentionEstimate:
        """Every statistic with its interval."""
        return RetentionEstimate(
            value=estimate_of(self.value),
            plain=estimate_of(self.plain),
            paraphrased=estimate_of(self.paraphrased),
            probed=estimate_of(self.probed),
            by_concept={name: one.estimate for name, one in self.by_concept.items()},
            clip=estimate_of(self.clip),
            clip_by_concept={name: one.estimate for name, one in self.clip_by_concept.items()},
        )


def retention(
    erased: Sequence[str],
    arrays: Mapping[OutcomeGroup, OutcomeArrays],
    base: Mapping[OutcomeGroup, OutcomeArrays],
    protocol: Protocol,
    weights: BootstrapWeights,
) -> Retention | None:
    """Compares the retention concepts with the base; None where none was generated.

    Each ratio is the recognised share over the base's at the same prompt indices, pooled over cells
    and concepts, averaged over its probes, clipped to 1. A cell's erased concept is left out.
    Styles count where the protocol's judge recognises them, and by CLIP in any case.

    Args:
        erased: concepts whose cells are pooled; at least one.
        arrays: the checkpoints' outcomes.
        base: the base's outcomes.
        protocol: names the retention concepts.
        weights: shared by all that it is compared with.

    Raises:
        KeyError: if the base lacks a prompt index of a checkpoint.
    """
    others = {question.probe for question in arrays if question.erased != question.target}
    conditions = sorted(others.difference((PLAIN, *OTHER_WORDS)))
    asked = [
        question
        for name in erased
        for target, probe in retention_questions(protocol, name, conditions)
        if (question := OutcomeGroup(name, target, probe)) in arrays
    ]
    if not asked:
        return None
    mine = {question: arrays[question] for question in asked}
    bases = {
        question: base[question._replace(erased=NOTHING)].at(found.indices)
        for question, found in mine.items()
    }
    judged = [
        question
        for question in asked
        if protocol.style_judged or CONCEPTS[question.target].kind == "object"
    ]
    row = f"retention after {' '.join(erased)}"

    def ratio(probes: Sequence[str]) -> BootstrapStatistic | None:
        """The ratio over these probes."""
        rates, base_rates = [], []
        for probe in probes:
            pooled = [question for question in judged if question.probe == probe]
            if {question.erased for question in pooled} != set(erased):
                return None
            rates.append(rate([mine[q] for q in pooled], weights, row))
            base_rates.append(rate([bases[q] for q in pooled], weights, "retention of the base"))
        return mean_of(rates).ratio_to(mean_of(base_rates))

    def clip_change(pooled: Sequence[OutcomeGroup]) -> BootstrapStatistic:
        """The difference in mean CLIP score over these questions."""
        own = clip_score([mine[question] for question in pooled], weights)
        return own.minus(clip_score([bases[question] for question in pooled], weights))

    under = tuple(probe for probe in conditions if any(q.probe == probe for q in judged))
    parts = (ratio((PLAIN,)), ratio(OTHER_WORDS), ratio(under) if under else None)
    known = [part for part in parts if part is not None]
    plainly: dict[str, list[OutcomeGroup]] = {}
    for question in (question for question in asked if question.probe == PLAIN):
        plainly.setdefault(question.target, []).append(question)
    return Retention(
        value=least_of(known) if len(known) == len(parts) else None,
        plain=parts[0],
        paraphrased=parts[1],
        probed=parts[2],
        by_concept={
            target: rate([mine[question] for question in questions], weights, row)
            for target, questions in plainly.items()
            if questions[0] in judged
        },
        clip=clip_change([q for questions in plainly.values() for q in questions])
        if plainly
        else None,
        clip_by_concept={target: clip_change(questions) for target, questions in plainly.items()},
    )
