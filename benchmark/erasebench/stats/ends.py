"""What a submission's outcomes stand between: the unedited base, retrain, and how far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.stats.answers import answers_of
from erasebench.stats.reference import PLAIN_PROMPT, Reference, contrast_of


@dataclass(frozen=True)
class Ends:
    """The two ends of a result's scales.

    Attributes:
        base: the unedited base's outcomes for the same questions.
        retrain: those of the model that never knew the ranked concepts; none where the protocol
            has no such model.
        contrasts: by probe, ceiling minus floor over all the protocol's ranked concepts.
    """

    base: Sequence[Outcome]
    retrain: Sequence[Outcome] = ()
    contrasts: Mapping[str, float] = field(default_factory=dict)

    def reference(self, probes: Sequence[ProbeFacts]) -> Reference:
        """The same as sorted answers."""
        retrain = answers_of(self.retrain, probes)
        unaware = {
            question.target: found
            for question, found in retrain.items()
            if question.probe == PLAIN_PROMPT and question.erased == question.target
        }
        return Reference(
            answers_of(self.base, probes), retrain, unaware=unaware, contrasts=self.contrasts
        )


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
        protocol: names the ranked concepts.
        probes: facts of its probes.
    """
    kept, retrain = references.base, references.retrain
    if kept is None or retrain is None:
        return Ends(base)
    whole = Ends(kept.outcomes, retrain.outcomes).reference(probes)
    contrasts = {
        facts.name: contrast
        for facts in probes
        if (contrast := contrast_of(facts.name, whole, protocol.ranked)) is not None
    }
    return Ends(base, retrain.outcomes, contrasts)
