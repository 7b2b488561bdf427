"""The rows of a concept on the site: submissions, the original model and the floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from erasebench.board.attacks import WorstKnown, worst_known
from erasebench.board.entries import Entry
from erasebench.board.footnotes import Mark, footnote_of, gap_of, verdict_sentence
from erasebench.board.ranking import Rank, highest_of, rank_of
from erasebench.concepts import CONCEPTS, Kind
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell
from erasebench.results.score import RowScore


@dataclass(frozen=True)
class Row:
    """One submission on one erased concept. All estimates are shares.

    Attributes:
        name: of the submission.
        page: path of its page from the top of the site.
        method: as its checkpoints name it.
        declared_method: as its submitter declares it.
        rank: where it stands.
        score: its scores; None where the concept is not ranked.
        sentence: the verdict with its reason, or why there is none.
        probes_run: number of ranked probes that were run.
        applicable: number of ranked probes that apply.
        rates: one per column; None where the probe was not run or does not apply.
        footnotes: one per column: why there is no rate, or why it does not count.
        retention: None where it was not run.
        worst_known: the strongest submitted attack, where it is stronger than the worst probe.
    """

    name: str
    page: str
    method: str | None
    declared_method: str | None
    rank: Rank
    score: RowScore | None
    sentence: str
    probes_run: int
    applicable: int
    rates: tuple[Estimate | None, ...]
    footnotes: tuple[Mark | None, ...]
    retention: Estimate | None
    worst_known: WorstKnown | None

    @property
    def scored(self) -> bool:
        """Whether it has a robustness."""
        return self.score is not None and self.score.robustness is not None


@dataclass(frozen=True)
class EndRow:
    """The original model (ceiling), or the model trained without the concept (floor).

    Attributes:
        rates: one per column; None where no result has it.
        footnotes: one per column: why there is no rate.
        highest: the highest of them.
    """

    rates: tuple[Estimate | None, ...]
    footnotes: tuple[Mark | None, ...]
    highest: Estimate | None


def row_of(entry: Entry, cell: Cell, columns: Sequence[ProbeFacts]) -> Row:
    """The row of a cell, with the ranked probes as columns."""
    by_name = {estimate.probe: estimate.rate for estimate in cell.probes}
    rates = tuple(by_name.get(column.name) for column in columns)
    kind, edited = CONCEPTS[cell.erased].kind, entry.result.edited
    return Row(
        name=entry.result.name,
        page=f"{entry.place}.html",
        method=entry.result.method,
        declared_method=entry.result.declared_method,
        rank=rank_of(entry, cell.erased),
        score=cell.score,
        sentence=verdict_sentence(cell.score),
        probes_run=len(rates) - rates.count(None),
        applicable=sum(gap_of(column, kind, edited).word != "n/a" for column in columns),
        rates=rates,
        footnotes=tuple(footnote_of(column, cell, entry.result) for column in columns),
        retention=None if cell.retention is None else cell.retention.value,
        worst_known=worst_known(entry.attacks, cell),
    )


def base_row(cells: Iterable[Cell], kind: Kind, columns: Sequence[ProbeFacts]) -> EndRow:
    """The original model's rates, each from the result with the most prompts."""
    return _end_row(
        [(one.probe, one.base_rate) for cell in cells for one in cell.probes], kind, columns
    )


def floor_row(cells: Iterable[Cell], kind: Kind, columns: Sequence[ProbeFacts]) -> EndRow | None:
    """The floors, in the same way; None where no result has one."""
    scores = [cell.score for cell in cells if cell.score is not None]
    floors = [(one.probe, one.floor) for score in scores for one in score.probes]
    found = [(probe, floor) for probe, floor in floors if floor is not None]
    return _end_row(found, kind, columns) if found else None


def _end_row(
    measured: Iterable[tuple[str, Estimate]], kind: Kind, columns: Sequence[ProbeFacts]
) -> EndRow:
    longest: dict[str, Estimate] = {}
    for probe, rate in measured:
        if probe not in longest or rate.n > longest[probe].n:
            longest[probe] = rate
    rates = tuple(longest.get(column.name) for column in columns)
    return EndRow(
        rates=rates,
        footnotes=tuple(
            gap_of(column, kind, edited=()) if rate is None else None
            for column, rate in zip(columns, rates, strict=True)
        ),
        highest=highest_of(rates),
    )
