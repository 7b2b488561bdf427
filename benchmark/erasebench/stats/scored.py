"""The scores of a result, from its answers and those of the protocol's references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.score import RowScore
from erasebench.stats.answers import Answers, Question, answers_of
from erasebench.stats.draws import Draws
from erasebench.stats.measured import NONE_LEFT_OUT, LeftOut
from erasebench.stats.reference import Reference
from erasebench.stats.score import PLAIN, row_score


def score_outcomes(
    outcomes: Iterable[Outcome],
    base_outcomes: Iterable[Outcome],
    retrain_outcomes: Iterable[Outcome],
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut = NONE_LEFT_OUT,
    draws: Draws | None = None,
) -> RowScore | None:
    """Scores all the ranked concepts of a checkpoint, or of several by one method, together.

    Args:
        outcomes: the checkpoint's.
        base_outcomes: the unedited base's.
        retrain_outcomes: of the model that never knew the ranked concepts; none where the protocol
            has no such model.
        protocol: says which concepts rank.
        probes: facts of the protocol's probes, in table order.
        left_out: probes that are not applicable, or failed.
        draws: of the bootstrap; None for the usual ones.

    Returns:
        None where no concept ranks. What cannot be scored, for want of a probe or a reference, is
        null in the score.
    """
    answers = answers_of(outcomes, probes)
    return score_answers(
        [question.erased for question in answers],
        answers,
        answers_of(base_outcomes, probes),
        answers_of(retrain_outcomes, probes),
        protocol,
        probes,
        left_out,
        Draws() if draws is None else draws,
    )


def score_answers(
    erased: Sequence[str],
    answers: Mapping[Question, Answers],
    base_answers: Mapping[Question, Answers],
    retrain_answers: Mapping[Question, Answers],
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut,
    draws: Draws,
) -> RowScore | None:
    """The same of answers that are sorted already, over the ranked ones of some erased concepts."""
    ranked = [name for name in protocol.ranked if name in erased]
    if not ranked:
        return None
    unaware = {
        question.target: found
        for question, found in retrain_answers.items()
        if question.probe == PLAIN[0] and question.erased == question.target
    }
    reference = Reference(base_answers, retrain_answers, unaware=unaware)
    return row_score(ranked, answers, reference, protocol, probes, left_out, draws)
