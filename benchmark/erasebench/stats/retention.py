"""Retention: how much of everything else an erasure has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.protocol.retention import OTHER_WORDS, PLAIN, retention_questions
from erasebench.results.outcome import Estimate
from erasebench.results.retention import RetentionEstimate
from erasebench.results.trial import NOTHING
from erasebench.stats.answers import Answers, Question
from erasebench.stats.clip import clip_score
from erasebench.stats.draws import Draws
from erasebench.stats.rate import rate
from erasebench.stats.sampled import Sampled, least_of, mean_of


@dataclass(frozen=True)
class Retention:
    """What is left of everything else, after one erasure or over several.

    Attributes:
        value: the least of the three ratios; None where any of them is.
        plain, paraphrased, probed: the ratios, by plain prompts, by other words, and under the
            conditions of the ranked probes; None where a way of asking was left out of any of the
            cells, or where the base has nothing to keep.
        by_concept: recognised share per retention concept on its plain prompt.
        clip: difference to the base in mean CLIP score on plain prompts; None where none was asked.
        clip_by_concept: the same per retention concept.
    """

    value: Sampled | None
    plain: Sampled | None
    paraphrased: Sampled | None
    probed: Sampled | None
    by_concept: dict[str, Sampled]
    clip: Sampled | None
    clip_by_concept: dict[str, Sampled]

    def estimate(self) -> RetentionEstimate:
        """Every statistic with its interval."""
        return RetentionEstimate(
            value=_estimate(self.value),
            plain=_estimate(self.plain),
            paraphrased=_estimate(self.paraphrased),
            probed=_estimate(self.probed),
            by_concept={name: one.estimate() for name, one in self.by_concept.items()},
            clip=_estimate(self.clip),
            clip_by_concept={name: one.estimate() for name, one in self.clip_by_concept.items()},
        )


def retention(
    erased: Sequence[str],
    answers: Mapping[Question, Answers],
    base_answers: Mapping[Question, Answers],
    protocol: Protocol,
    draws: Draws,
) -> Retention | None:
    """Compares what is left of the retention concepts with the base; None where nothing was asked.

    Each ratio is recognised share over the base's at the same prompt indices, pooled over the
    cells and over the concepts that were asked for in that way, averaged over its probes, clipped
    to 1. A cell's erased concept is left out of it. Styles count where the protocol's judge
    answers for them, and by CLIP in any case.

    Args:
        erased: the concepts whose cells are pooled; at least one.
        answers: the checkpoints'.
        base_answers: the unedited base's.
        protocol: names the retention concepts.
        draws: shared with all that it is compared with.

    Raises:
        KeyError: if the base was not asked what a checkpoint was.
    """
    others = {question.probe for question in answers if question.erased != question.target}
    conditions = sorted(others.difference((PLAIN, *OTHER_WORDS)))
    asked = [
        question
        for name in erased
        for target, probe in retention_questions(protocol, name, conditions)
        if (question := Question(name, target, probe)) in answers
    ]
    if not asked:
        return None
    mine = {question: answers[question] for question in asked}
    bases = {
        question: base_answers[question._replace(erased=NOTHING)].at(found.indices)
        for question, found in mine.items()
    }
    judged = [
        question
        for question in asked
        if protocol.style_judged or CONCEPTS[question.target].kind == "object"
    ]
    row = f"retention after {' '.join(erased)}"

    def kept(probes: Sequence[str]) -> Sampled | None:
        """The ratio over these probes."""
        rates, base_rates = [], []
        for probe in probes:
            pooled = [question for question in judged if question.probe == probe]
            if {question.erased for question in pooled} != set(erased):
                return None
            rates.append(rate([mine[q] for q in pooled], draws, row))
            base_rates.append(rate([bases[q] for q in pooled], draws, "retention of the base"))
        return mean_of(rates).kept_of(mean_of(base_rates))

    def clip_change(pooled: Sequence[Question]) -> Sampled:
        """The difference in mean CLIP score over these questions."""
        own = clip_score([mine[question] for question in pooled], draws)
        return own.minus(clip_score([bases[question] for question in pooled], draws))

    under = tuple(probe for probe in conditions if any(q.probe == probe for q in judged))
    parts = (kept((PLAIN,)), kept(OTHER_WORDS), kept(under) if under else None)
    known = [part for part in parts if part is not None]
    plainly: dict[str, list[Question]] = {}
    for question in (question for question in asked if question.probe == PLAIN):
        plainly.setdefault(question.target, []).append(question)
    return Retention(
        value=least_of(known) if len(known) == len(parts) else None,
        plain=parts[0],
        paraphrased=parts[1],
        probed=parts[2],
        by_concept={
            target: rate([mine[question] for question in questions], draws, row)
            for target, questions in plainly.items()
            if questions[0] in judged
        },
        clip=clip_change([q for questions in plainly.values() for q in questions])
        if plainly
        else None,
        clip_by_concept={target: clip_change(questions) for target, questions in plainly.items()},
    )


def _estimate(sampled: Sampled | None) -> Estimate | None:
    return None if sampled is None else sampled.estimate()
