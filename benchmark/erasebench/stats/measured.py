"""One probe over a row's concepts: what it measured, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.score import Standing
from erasebench.stats.answers import Answers, Floats, Question
from erasebench.stats.draws import Draws
from erasebench.stats.rate import HalfRates, half_rates
from erasebench.stats.reference import DISCRIMINATING, Reference, Scale, scale_of
from erasebench.stats.residual import HalfResiduals, half_residuals
from erasebench.stats.sampled import Sampled

CHECKPOINT = "checkpoint"
"""Names a submission's answers, which draw half hits of their own."""


@dataclass(frozen=True)
class LeftOut:
    """Probes of a protocol that are not measured on a submission as they are on others.

    Attributes:
        not_applicable: cannot be asked of it, such as `encoder_swap` where no encoder was edited.
            They count as complete.
        failed: did not find what was planted in the set-up of its run. What would need them is
            missing.
    """

    not_applicable: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


NONE_LEFT_OUT = LeftOut()


@dataclass(frozen=True)
class Measured:
    """A probe over several concepts; what could not be measured is None.

    Attributes:
        facts: the probe's.
        standing: what it does in the row's scores.
        contrast: ceiling minus floor over the protocol's ranked concepts.
        rates: the submission's.
        scale: floor and ceiling.
        residuals: between them.
    """

    facts: ProbeFacts
    standing: Standing
    contrast: float | None
    rates: HalfRates | None
    scale: Scale | None
    residuals: HalfResiduals | None

    @property
    def discriminating(self) -> bool:
        """Whether it can tell models apart, or might: without references nobody knows."""
        return self.contrast is None or self.contrast >= DISCRIMINATING

    @property
    def counts(self) -> bool:
        """Whether scores need it: it ranks, or would if nothing were missing."""
        return self.standing in ("ranked", "failed", "missing", "no reference", "no span")

    @property
    def above_floor(self) -> Difference | None:
        """The rate minus the floor."""
        if self.rates is None or self.scale is None:
            return None
        return difference(self.rates, self.scale.floor)


@dataclass(frozen=True)
class Difference:
    """A paired difference of two rates.

    Attributes:
        sampled: pooled over concepts, in [-1, 1].
        of_concepts: float64 (C,), each concept's own.
    """

    sampled: Sampled
    of_concepts: Floats


def measure(
    facts: ProbeFacts,
    concepts: Sequence[str],
    answers: Mapping[Question, Answers],
    reference: Reference,
    protocol: Protocol,
    left_out: LeftOut,
    draws: Draws,
) -> Measured:
    """Measures one probe; arguments as of `row_score`."""
    name = facts.name
    contrast = reference.contrasts.get(name)
    applies = name not in left_out.not_applicable and all(
        CONCEPTS[concept].kind in facts.asks_for for concept in concepts
    )
    asked = [Question(concept, concept, name) for concept in concepts]
    rates = scale = residuals = None
    if applies and all(question in answers for question in asked):
        group = [answers[question] for question in asked]
        rates = half_rates(group, draws, CHECKPOINT)
        scale = scale_of(group, reference, draws)
        if scale is not None and name not in left_out.failed:
            residuals = half_residuals(name, rates, scale)
    standing: Standing
    if name not in protocol.ranked_probes:
        standing = "shown"
    elif not applies:
        standing = "not applicable"
    elif contrast is not None and contrast < DISCRIMINATING:
        standing = "not discriminating"
    elif rates is None:
        standing = "missing"
    elif name in left_out.failed:
        standing = "failed"
    elif scale is None:
        standing = "no reference"
    elif residuals is None:
        standing = "no span"
    else:
        standing = "ranked"
    return Measured(facts, standing, contrast, rates, scale, residuals)


def excess_of(one: Measured, measured: Mapping[str, Measured]) -> Difference | None:
    """The paired difference to a probe's control; None without one, or where either is missing.

    Args:
        one: the probe.
        measured: every probe of the row by name.
    """
    if one.facts.control is None:
        return one.above_floor if one.facts.floor_is_control else None
    control = measured[one.facts.control]
    if one.rates is None or control.rates is None:
        return None
    return difference(one.rates, control.rates)


def has_control(one: Measured) -> bool:
    """Whether there is anything that its excess is measured against."""
    return one.facts.control is not None or one.facts.floor_is_control


def difference(rates: HalfRates, other: HalfRates) -> Difference:
    """Rates minus others of the same concepts, halves weighed by their prompt indices."""
    shares = rates.n / rates.n.sum()
    return Difference(
        sampled=rates.pooled().minus(other.pooled()),
        of_concepts=(rates.of_concepts - other.of_concepts) @ shares,
    )
