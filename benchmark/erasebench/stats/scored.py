"""The scores of a result, from its outcomes and those between which they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.score import RowScore
from erasebench.stats.answers import Answers, Question, answers_of
from erasebench.stats.draws import Draws
from erasebench.stats.ends import Ends
from erasebench.stats.measured import NONE_LEFT_OUT, LeftOut
from erasebench.stats.reference import Reference
from erasebench.stats.score import row_score


def score_outcomes(
    outcomes: Iterable[Outcome],
    ends: Ends,
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut = NONE_LEFT_OUT,
    draws: Draws | None = None,
) -> RowScore | None:
    """Scores all the ranked concepts of a checkpoint, or of several by one method, together.

    Args:
        outcomes: the checkpoint's.
        ends: what they stand between.
        protocol: says which concepts rank.
        probes: facts of the protocol's probes, in table order.
        left_out: probes that are not applicable, or failed.
        draws: of the bootstrap; None for the usual ones.

    Returns:
        None where no concept ranks. What cannot be scored, for want of a probe or a reference, is
        null in the score.
    """
    answers = answers_of(outcomes, probes)
    erased = [question.erased for question in answers]
    shared = Draws() if draws is None else draws
    return score_answers(
        erased, answers, ends.reference(probes), protocol, probes, left_out, shared
    )


def score_answers(
    erased: Sequence[str],
    answers: Mapping[Question, Answers],
    reference: Reference,
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
    left_out: LeftOut,
    draws: Draws,
) -> RowScore | None:
    """The same of answers that are sorted already, over the ranked ones of some erased concepts."""
    ranked = [name for name in protocol.ranked if name in erased]
    if not ranked:
        return None
    return row_score(ranked, answers, reference, protocol, probes, left_out, draws)
