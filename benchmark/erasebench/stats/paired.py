"""Paired differences of two rows on the same concepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from erasebench.protocol import Protocol
from erasebench.results.outcome import Estimate
from erasebench.results.reference import References
from erasebench.results.result import Result
from erasebench.stats.bootstrap import BootstrapStatistic, BootstrapWeights, estimate_of
from erasebench.stats.probe_measurement import measure
from erasebench.stats.row_data import row_data_of_result
from erasebench.stats.row_score import harmonic, pooled_retention, worst_of


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
    weights: BootstrapWeights | None = None,
) -> Differences:
    """Scores two rows over the ranked concepts of both with the same weights, and subtracts.

    Args:
        first: the row that is subtracted.
        second: the row that it is subtracted from.
        protocol: of both.
        references: its stored outcomes of base and retrained model for the seed set.
        weights: of the bootstrap; None for the default.

    Returns:
        Without concepts where the rows share none or differ in seed set: nothing is paired then.

    Raises:
        ValueError, KeyError: if the outcomes of either cannot be counted.
    """
    cells = [{cell.erased for cell in one.cells} for one in (first, second)]
    shared = tuple(name for name in protocol.ranked if all(name in one for one in cells))
    if not shared or first.seed_set != second.seed_set:
        return Differences(concepts=())
    same = BootstrapWeights() if weights is None else weights
    before, after = (scores_of(one, shared, protocol, references, same) for one in (first, second))
    found = {
        name: estimate_of(None if old is None or new is None else new.minus(old))
        for name, old, new in zip(before, before.values(), after.values(), strict=True)
    }
    return Differences(concepts=shared, **found)


def scores_of(
    result: Result,
    concepts: Sequence[str],
    protocol: Protocol,
    references: References,
    weights: BootstrapWeights,
) -> dict[str, BootstrapStatistic | None]:
    """Robustness, retention and score of a row over some of its ranked concepts, with their draws.

    None where something that one needs is missing.
    """
    row = row_data_of_result(result, protocol, references, weights)
    measured = [measure(facts, concepts, row) for facts in row.probes]
    robust = worst_of([one for one in measured if one.counts])
    left = pooled_retention(concepts, row)
    kept = None if left is None else left.value
    return {
        "robustness": None if robust is None else robust.statistic,
        "retention": kept,
        "score": None if robust is None or kept is None else harmonic(robust.statistic, kept),
    }
