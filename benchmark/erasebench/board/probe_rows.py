"""The rows of a table of probes, for one concept or several pooled."""

from __future__ import annotations

from dataclasses import dataclass

from erasebench.board.footnotes import Mark, footnote_of, pooled_footnote_of
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, ProbeEstimate, Result
from erasebench.results.score import ProbeScore, RowScore


@dataclass(frozen=True)
class ProbeRow:
    """One probe with its rate, ceiling and floor.

    Attributes:
        facts: the probe's.
        rate: recovery rate; None where it was not run.
        base: the original model's rate, the ceiling.
        score: its part in the scores; None where the concept is not ranked.
        alone: estimates that exist for a single concept only; None where several are pooled.
        footnote: why there is no rate, or why it does not count.
    """

    facts: ProbeFacts
    rate: Estimate | None
    base: Estimate | None
    score: ProbeScore | None
    alone: ProbeEstimate | None
    footnote: Mark | None

    @property
    def applies(self) -> bool:
        """Whether the probe applies to the concept and the edited parts."""
        return self.footnote is None or self.footnote.word != "n/a"

    @property
    def floor(self) -> Estimate | None:
        """Rate on a model trained without the concept, known only to scores."""
        return None if self.score is None else self.score.floor

    @property
    def unprompted(self) -> Estimate | None:
        """The original model's rate with the empty prompt in the same context."""
        return None if self.alone is None else self.alone.unprompted

    @property
    def excess(self) -> Estimate | None:
        """Difference to the control; for a context probe the floor, known only to scores."""
        if self.score is not None:
            return self.score.excess
        return None if self.alone is None else self.alone.excess


def rows_of_cell(cell: Cell, result: Result) -> tuple[ProbeRow, ...]:
    """Every probe that was run, and every ranked one that was not."""
    scores = {} if cell.score is None else {one.probe: one for one in cell.score.probes}
    run = {estimate.probe: estimate for estimate in cell.probes}
    return tuple(
        ProbeRow(
            facts=facts,
            rate=None if (alone := run.get(facts.name)) is None else alone.rate,
            base=None if alone is None else alone.base_rate,
            score=scores.get(facts.name),
            alone=alone,
            footnote=footnote_of(facts, cell, result),
        )
        for facts in result.probes
        if facts.name in run or facts.ranked
    )


def rows_of_score(score: RowScore, result: Result) -> tuple[ProbeRow, ...]:
    """The same over all concepts of a score."""
    facts = {probe.name: probe for probe in result.probes}
    return tuple(
        ProbeRow(
            facts=facts[one.probe],
            rate=one.rate,
            base=one.ceiling,
            score=one,
            alone=None,
            footnote=pooled_footnote_of(one),
        )
        for one in score.probes
    )
