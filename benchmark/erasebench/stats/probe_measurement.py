"""One probe over a row's concepts: rates, scale, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from erasebench.concepts import CONCEPTS
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.score import Standing
from erasebench.stats.anchors import DISCRIMINATING, Scale, scale_of
from erasebench.stats.bootstrap import BootstrapStatistic
from erasebench.stats.intervals import over_concepts
from erasebench.stats.outcome_arrays import Floats, OutcomeGroup
from erasebench.stats.rates import HalfRates, half_rates
from erasebench.stats.robustness import HalfResiduals, half_residuals
from erasebench.stats.row_data import RowData

CHECKPOINT = "checkpoint"
"""Name of a submission's rows, which have half hits of their own."""


@dataclass(frozen=True)
class ProbeMeasurement:
    """A probe over several concepts; None for what could not be measured.

    Attributes:
        facts: the probe's.
        standing: its part in the row's scores.
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
        """Whether its contrast is large enough; True where there are no references."""
        return self.contrast is None or self.contrast >= DISCRIMINATING

    @property
    def counts(self) -> bool:
        """Whether scores need it: it ranks, or would if nothing were missing."""
        return self.standing in ("ranked", "failed", "missing", "no reference", "no span")

    @cached_property
    def above_floor(self) -> Difference | None:
        """The rate minus the floor."""
        if self.rates is None or self.scale is None:
            return None
        return difference(self.rates, self.scale.floor)


@dataclass(frozen=True)
class Difference:
    """A paired difference of two rates.

    Attributes:
        statistic: pooled over concepts, in [-1, 1].
        of_concepts: float64 (C,), each concept's own.
    """

    statistic: BootstrapStatistic
    of_concepts: Floats

    @property
    def over_concepts(self) -> Estimate | None:
        """`statistic` with concepts as the unit; None for a single concept."""
        return over_concepts(self.statistic.value, self.of_concepts, bounds=(-1.0, 1.0))


def measure(facts: ProbeFacts, concepts: Sequence[str], row: RowData) -> ProbeMeasurement:
    """Measures one probe, pooled over some of a row's erased concepts.

    Raises:
        KeyError: if base or retrained model lacks a prompt index of the submission.
    """
    name, failed = facts.name, row.exclusions.failed
    contrast = row.anchors.contrasts.get(name)
    applies = name not in row.exclusions.not_applicable and all(
        CONCEPTS[concept].kind in facts.asks_for for concept in concepts
    )
    asked = [OutcomeGroup(concept, concept, name) for concept in concepts]
    rates = scale = residuals = None
    if applies and all(question in row.arrays for question in asked):
        group = [row.arrays[question] for question in asked]
        rates = half_rates(group, row.weights, CHECKPOINT)
        scale = scale_of(group, row.anchors, row.weights)
        if scale is not None and name not in failed:
            residuals = half_residuals(name, rates, scale)
    standing: Standing
    if name not in row.protocol.ranked_probes:
        standing = "shown"
    elif not applies:
        standing = "not applicable"
    elif contrast is not None and contrast < DISCRIMINATING:
        standing = "not discriminating"
    elif rates is None:
        standing = "missing"
    elif name in failed:
        standing = "failed"
    elif scale is None:
        standing = "no reference"
    elif residuals is None:
        standing = "no span"
    else:
        standing = "ranked"
    return ProbeMeasurement(facts, standing, contrast, rates, scale, residuals)


def excess_of(one: ProbeMeasurement, measured: Mapping[str, ProbeMeasurement]) -> Difference | None:
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


def has_control(one: ProbeMeasurement) -> bool:
    """Whether a probe has a control: another probe, or its floor."""
    return one.facts.control is not None or one.facts.floor_is_control


def difference(rates: HalfRates, other: HalfRates) -> Difference:
    """Rates minus others of the same concepts, halves weighted by their prompt indices."""
    shares = rates.n / rates.n.sum()
    return Difference(
        statistic=rates.pooled.minus(other.pooled),
        of_concepts=(rates.of_concepts - other.of_concepts) @ shares,
    )
