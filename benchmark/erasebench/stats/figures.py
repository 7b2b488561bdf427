"""A result's figures from its outcomes: evaluations write them, readers count them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts, not_applicable
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.results.result import Cell
from erasebench.results.score import RowScore
from erasebench.stats.ends import ends_of
from erasebench.stats.measured import LeftOut
from erasebench.stats.scored import score_outcomes
from erasebench.stats.summary import summarise


@dataclass(frozen=True)
class Figures:
    """What the outcomes of a row give.

    Attributes:
        cells: one per erased concept, in the protocol's order, without traces.
        score: over all its ranked concepts; None where it has none.
    """

    cells: tuple[Cell, ...]
    score: RowScore | None


def figures_of(
    outcomes: Sequence[Outcome],
    base_outcomes: Sequence[Outcome],
    *,
    protocol: Protocol,
    references: References,
    probes: Sequence[ProbeFacts],
    edited: Collection[str],
    failed_probes: Collection[str] | None,
) -> Figures:
    """Counts outcomes.

    Args:
        outcomes: the checkpoints'.
        base_outcomes: the unedited base's for the same questions.
        protocol: which they were made under.
        references: what it keeps of base and retrain.
        probes: facts of its probes, in table order.
        edited: parts in which the checkpoints differ from the base.
        failed_probes: those that failed the self-check of the set-up; None where none was made.

    Raises:
        ValueError: if outcomes of a question are double or incomplete.
        KeyError: if the base was not asked what the checkpoints were.
    """
    left_out = LeftOut(not_applicable(probes, edited), frozenset(failed_probes or ()))
    ends = ends_of(base_outcomes, references, protocol, probes)
    return Figures(
        cells=summarise(outcomes, ends, protocol, probes, left_out),
        score=score_outcomes(outcomes, ends, protocol, probes, left_out),
    )
