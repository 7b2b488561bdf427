"""The rows of the table of probes on a submission's page, for one concept or several pooled."""

from __future__ import annotations

from dataclasses import dataclass

from erasebench.board.footnotes import Mark, footnote_of, pooled_footnote_of
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, ProbeEstimate, Result
from erasebench.results.score import ProbeScore, RowScore


@dataclass(frozen=True)
class ProbeRow:
    """One probe: what it found, and between which ends that lies.

    Attributes:
        facts: the probe's.
        rate: recognised share; None where it was not run.
        base: the unedited base's, the ceiling.
        score: what it does in the scores; None where the concept does not rank.
        alone: what is shown of a single concept only; None where several are pooled.
        footnote: why there is no rate, or why it does not count.
    """

    facts: ProbeFacts
    rate: Estimate | None
    base: Estimate | None
    score: ProbeScore | None
    alone: ProbeEstimate | None
    footnote: Mark | None

    @property
    def excess(self) -> Estimate | None:
        """Difference to the control; for a context probe the floor, known only to scores."""
        if self.score is not None:
            return self.score.excess
        return None if self.alone is None else self.alone.excess


def rows_of_cell(cell: Cell, result: Result) -> tuple[ProbeRow, ...]:
    """Every probe that was run, and every ranked one that was not."""
    scores = () if cell.score is None else cell.score.probes
    score_of = {score.probe: score for score in scores}
    run = {estimate.probe: estimate for estimate in cell.probes}
    return tuple(
        ProbeRow(
            facts=facts,
            rate=None if (alone := run.get(facts.name)) is None else alone.rate,
            base=None if alone is None else alone.base_rate,
            score=score_of.get(facts.name),
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
