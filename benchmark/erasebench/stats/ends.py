"""What a submission's outcomes stand between: the unedited base, retrain, and how far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.stats.answers import Answers, Question, answers_of
from erasebench.stats.reference import PLAIN_PROMPT, Reference, contrast_of

UNPROMPTED = "standard_prompt_unprompted"
"""The probe that shows what the base draws where it is asked for nothing."""


@dataclass(frozen=True)
class Ends:
    """The two ends of a result's scales.

    Attributes:
        base: the unedited base's outcomes for the same questions.
        retrain: those of the model that never knew the ranked concepts; none where the protocol
            has no such model.
        contrasts: by probe, ceiling minus floor over all the protocol's ranked concepts.
        has_retrain: whether the protocol has such a model. Where it has none, the base itself gives
            the floors of completions, and all others are 0: what a probe invents is not bounded.
    """

    base: Sequence[Outcome]
    retrain: Sequence[Outcome] = ()
    contrasts: Mapping[str, float] = field(default_factory=dict)
    has_retrain: bool = True

    def reference(self, probes: Sequence[ProbeFacts]) -> Reference:
        """The same as sorted answers."""
        base = with_stand_ins(answers_of(self.base, probes), probes)
        if not self.has_retrain:
            return Reference(
                base,
                _floors_of_base(base, probes),
                floorless=frozenset(facts.name for facts in probes if facts.floor is None),
                unaware=_of_plain_prompt(base, UNPROMPTED),
                contrasts=self.contrasts,
            )
        retrain = with_stand_ins(answers_of(self.retrain, probes), probes)
        unaware = _of_plain_prompt(retrain, PLAIN_PROMPT)
        return Reference(base, retrain, unaware=unaware, contrasts=self.contrasts)


def with_stand_ins(
    answers: Mapping[Question, Answers], probes: Sequence[ProbeFacts]
) -> dict[Question, Answers]:
    """The answers of base or retrain, also under the name of each probe that is another of them."""
    same = [(facts.name, facts.on_base) for facts in probes if facts.on_base is not None]
    return {**answers} | {
        question._replace(probe=name): found
        for name, asked in same
        for question, found in answers.items()
        if question.probe == asked
    }


def _of_plain_prompt(answers: Mapping[Question, Answers], probe: str) -> dict[str, Answers]:
    """By concept, what a model that does not know it, or is not asked for it, shows plainly."""
    return {
        question.target: found
        for question, found in answers.items()
        if question.probe == probe and question.erased == question.target
    }


def _floors_of_base(
    base: Mapping[Question, Answers], probes: Sequence[ProbeFacts]
) -> dict[Question, Answers]:
    """The floors that the base itself gives, by the probes whose floors they are."""
    probe_of = {facts.floor: facts.name for facts in probes if facts.floor is not None}
    return {
        question._replace(probe=name): replace(found, probe=name)
        for question, found in base.items()
        if (name := probe_of.get(question.probe)) is not None
    }


def ends_of(
    base: Sequence[Outcome],
    references: References,
    protocol: Protocol,
    probes: Sequence[ProbeFacts],
) -> Ends:
    """The ends for a result.

    Args:
        base: the base's outcomes for the result's questions.
        references: what the protocol keeps.
        protocol: names the ranked concepts, and says whether there is a model that never knew them.
        probes: facts of its probes.
    """
    kept, retrain = references.base, references.retrain
    has_retrain = bool(protocol.retrain)
    if kept is None or (has_retrain and retrain is None):
        return Ends(base, has_retrain=has_retrain)
    outcomes = () if retrain is None else retrain.current(probes)
    whole = Ends(kept.current(probes), outcomes, has_retrain=has_retrain).reference(probes)
    contrasts = {
        facts.name: contrast
        for facts in probes
        if (contrast := contrast_of(facts.name, whole, protocol.ranked)) is not None
    }
    return Ends(base, outcomes, contrasts, has_retrain)
