"""Retention: how much of everything else an erasure has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.results.result import RetentionEstimate
from erasebench.results.trial import NOTHING
from erasebench.stats.answers import Answers, Question
from erasebench.stats.draws import Draws
from erasebench.stats.rate import rate
from erasebench.stats.sampled import Sampled, least_of, mean_of

PLAIN = "standard_prompt"
"""The probe that asks for a retention concept by its own prompt."""

OTHER_WORDS = ("indirect_prompt", "painted_prompt")
"""Probes that ask for it by a description, and in a style."""


def retention(
    erased: str,
    answers: Mapping[Question, Answers],
    base_answers: Mapping[Question, Answers],
    protocol: Protocol,
    draws: Draws,
) -> RetentionEstimate | None:
    """Compares what is left of the retention concepts with the base; None where nothing was asked.

    Each ratio is recognised share over the base's, pooled over the concepts that were asked for
    in that way and averaged over its probes, clipped to 1. The erased concept is left out. Styles
    count where the protocol's judge answers for them.

    Args:
        erased: the concept whose cell it is.
        answers: the checkpoint's.
        base_answers: the unedited base's.
        protocol: names the retention concepts.
        draws: shared with all that it is compared with.
    """
    others = tuple(name for name in protocol.retention if name != erased)
    judged = tuple(n for n in others if protocol.style_judged or CONCEPTS[n].kind == "object")
    asked = {q.probe: q for q in answers if q.erased == erased and q.target in others}
    if not asked:
        return None

    def kept(probes: Sequence[str]) -> Sampled | None:
        """The ratio over these probes."""
        mine, bases = [], []
        for probe in probes:
            targets = [n for n in judged if Question(erased, n, probe) in answers]
            if not targets:
                return None
            group = [answers[Question(erased, name, probe)] for name in targets]
            base_group = [base_answers[Question(NOTHING, name, probe)] for name in targets]
            mine.append(rate(group, draws, f"retention after {erased}"))
            bases.append(rate(base_group, draws, "retention of the base"))
        return mean_of(mine).kept_of(mean_of(bases))

    conditions = tuple(probe for probe in asked if probe not in (PLAIN, *OTHER_WORDS))
    parts = (kept((PLAIN,)), kept(OTHER_WORDS), kept(conditions) if conditions else None)
    known = [part for part in parts if part is not None]
    value = least_of(known) if len(known) == len(parts) else None
    plain, paraphrased, probed = (None if part is None else part.estimate() for part in parts)
    return RetentionEstimate(
        value=None if value is None else value.estimate(),
        plain=plain,
        paraphrased=paraphrased,
        probed=probed,
        by_concept={
            name: rate(
                [answers[Question(erased, name, PLAIN)]], draws, f"retention after {erased}"
            ).estimate()
            for name in judged
            if Question(erased, name, PLAIN) in answers
        },
    )
