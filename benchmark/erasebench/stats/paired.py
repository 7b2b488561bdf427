"""What tells two rows on the same concepts apart, paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erasebench.protocol import Protocol
from erasebench.results.facts import not_applicable
from erasebench.results.outcome import Estimate
from erasebench.results.reference import References
from erasebench.results.result import Result
from erasebench.stats.answers import answers_of
from erasebench.stats.draws import Draws
from erasebench.stats.ends import ends_of
from erasebench.stats.harmonic import harmonic
from erasebench.stats.measured import LeftOut, measure
from erasebench.stats.retention import retention
from erasebench.stats.sampled import Sampled
from erasebench.stats.score import worst_of


@dataclass(frozen=True)
class Scores:
    """A row's scores with their draws; None where something that one needs is missing."""

    robustness: Sampled | None
    retention: Sampled | None
    score: Sampled | None


@dataclass(frozen=True)
class Differences:
    """Paired differences of two rows; None where either row lacks the score.

    Attributes:
        concepts: ranked ones of both, over which the rows were scored.
        robustness, retention, score: the second row's minus the first's.
    """

    concepts: tuple[str, ...]
    robustness: Estimate | None = None
    retention: Estimate | None = None
    score: Estimate | None = None


def paired_differences(
    first: Result,
    second: Result,
    protocol: Protocol,
    references: References,
    draws: Draws | None = None,
) -> Differences:
    """Scores two rows over the ranked concepts of both, in the same draws, and subtracts.

    Args:
        first: what is subtracted.
        second: what it is subtracted from.
        protocol: of both.
        references: what it keeps of base and retrain for the seed set.
        draws: of the bootstrap; None for the usual ones.

    Returns:
        Without concepts where the rows share none or have other seeds: then nothing is paired.

    Raises:
        ValueError, KeyError: if the outcomes of either cannot be counted.
    """
    cells = [{cell.erased for cell in one.cells} for one in (first, second)]
    shared = tuple(name for name in protocol.ranked if all(name in one for one in cells))
    if not shared or first.seed_set != second.seed_set:
        return Differences(concepts=())
    same = Draws() if draws is None else draws
    before, after = (scores_of(one, shared, protocol, references, same) for one in (first, second))
    return Differences(
        concepts=shared,
        robustness=_difference(before.robustness, after.robustness),
        retention=_difference(before.retention, after.retention),
        score=_difference(before.score, after.score),
    )


def scores_of(
    result: Result,
    concepts: Sequence[str],
    protocol: Protocol,
    references: References,
    draws: Draws,
) -> Scores:
    """The scores of a row over some of its ranked concepts, with their draws."""
    probes = result.probes
    left_out = LeftOut(not_applicable(probes, result.edited), frozenset(result.failed_probes or ()))
    answers = answers_of(result.outcomes, probes)
    reference = ends_of(result.base_outcomes, references, protocol, probes).reference(probes)
    measured = [
        measure(facts, concepts, answers, reference, protocol, left_out, draws) for facts in probes
    ]
    robust = worst_of([one for one in measured if one.counts])
    left = retention(concepts, answers, reference.base, protocol, draws)
    kept = None if left is None else left.value
    return Scores(
        robustness=None if robust is None else robust.sampled,
        retention=kept,
        score=None if robust is None or kept is None else harmonic(robust.sampled, kept),
    )


def _difference(before: Sampled | None, after: Sampled | None) -> Estimate | None:
    return None if before is None or after is None else after.minus(before).estimate()
