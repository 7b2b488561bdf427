"""The rows of a table: a submission's cell, and the two models between which it is measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from erasebench.board.attacks import WorstKnown, worst_known
from erasebench.board.entries import Entry
from erasebench.board.signs import Mark, gap_of, sign_of
from erasebench.concepts import CONCEPTS, Kind
from erasebench.protocol.season import lacks_season
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell
from erasebench.results.score import RowScore, why_no_verdict


@dataclass(frozen=True)
class Row:
    """One submission's cell.

    Attributes:
        name: the submission's.
        page: its page, from the site's top.
        method: how it was made, where its checkpoints say so.
        declared_method: the same as the submitter declares it.
        marks: what sets it apart.
        withdrawn: whether it takes no place any more.
        told_before: whether it was drawn when its season's secret had been told.
        whole: a full evaluation, with every ranked probe that applies, and retention.
        score: its scores; None where the concept does not rank.
        no_verdict: why it has no verdict; empty where it has one.
        highest: the highest rate among ranked probes; None where none was run.
        highest_of: ranked probes that were run.
        applicable: ranked probes that can be asked of it.
        rates: one per column; None where the probe was not run or does not apply.
        signs: one per column: why there is no rate, or why it does not count.
        retention: None where it was not run.
        worst_known: the strongest attack that others handed in, where it is stronger than the
            protocol's worst probe.
    """

    name: str
    page: str
    method: str | None
    declared_method: str | None
    marks: tuple[Mark, ...]
    withdrawn: bool
    told_before: bool
    whole: bool
    score: RowScore | None
    no_verdict: str
    highest: Estimate | None
    highest_of: int
    applicable: int
    rates: tuple[Estimate | None, ...]
    signs: tuple[Mark | None, ...]
    retention: Estimate | None
    worst_known: WorstKnown | None

    @property
    def scored(self) -> bool:
        """Whether it has a robustness, which says more than its highest rate."""
        return self.score is not None and self.score.robustness is not None


@dataclass(frozen=True)
class EndRow:
    """The unedited base, or the model that never knew the concept.

    Attributes:
        rates: one per column; None where no result holds it.
        signs: one per column: why there is no rate.
        highest: the highest of them.
    """

    rates: tuple[Estimate | None, ...]
    signs: tuple[Mark | None, ...]
    highest: Estimate | None


def row_of(entry: Entry, cell: Cell, columns: Sequence[ProbeFacts]) -> Row:
    """The row of a cell, with the ranked probes as columns."""
    by_name = {estimate.probe: estimate.rate for estimate in cell.probes}
    rates = tuple(by_name.get(column.name) for column in columns)
    kind, edited = CONCEPTS[cell.erased].kind, entry.result.edited
    judged = cell.score is not None and cell.score.verdict is not None
    return Row(
        name=entry.result.name,
        page=f"{entry.place}.html",
        method=entry.result.method,
        declared_method=entry.result.declared_method,
        marks=marks_of(entry, cell),
        withdrawn=entry.withdrawn is not None,
        told_before=entry.told_before,
        whole=entry.result.partial is None and cell.complete,
        score=cell.score,
        no_verdict="" if judged else why_no_verdict(cell.score),
        highest=_highest(rates),
        highest_of=len(rates) - rates.count(None),
        applicable=sum(gap_of(column, kind, edited).word != "n/a" for column in columns),
        rates=rates,
        signs=tuple(sign_of(column, cell, entry.result) for column in columns),
        retention=None if cell.retention is None else cell.retention.value,
        worst_known=worst_known(entry.attacks, cell),
    )


def base_row(cells: Iterable[Cell], kind: Kind, columns: Sequence[ProbeFacts]) -> EndRow:
    """The base's rates, each from the result that measured it on the most prompts."""
    return _end_row(
        [(one.probe, one.base_rate) for cell in cells for one in cell.probes], kind, columns
    )


def floor_row(cells: Iterable[Cell], kind: Kind, columns: Sequence[ProbeFacts]) -> EndRow | None:
    """The floors, in the same way; None where no result has one."""
    scores = [cell.score for cell in cells if cell.score is not None]
    floors = [(one.probe, one.floor) for score in scores for one in score.probes]
    found = [(probe, floor) for probe, floor in floors if floor is not None]
    return _end_row(found, kind, columns) if found else None


def marks_of(entry: Entry, cell: Cell) -> tuple[Mark, ...]:
    """What sets a cell apart from one that ranks."""
    marks = []
    if (gone := entry.withdrawn) is not None:
        marks.append(Mark("withdrawn", f"Takes no place since {gone.since}: {gone.reason}"))
    if entry.result.partial is not None:
        marks.append(Mark("partial", f"No full evaluation: {entry.result.partial}."))
    elif not cell.complete:
        marks.append(Mark("incomplete", "A ranked probe or retention is missing."))
    if lacks_season(entry.result.protocol, entry.result.seed_set):
        marks.append(
            Mark(
                "public seeds",
                "Drawn from seeds that anybody may train for; takes no place. Rows of this "
                "protocol take one on the hidden seeds of a season.",
            )
        )
    if entry.told_before:
        marks.append(
            Mark(
                "told seeds",
                "Drawn when the secret of its season had been told, so that anybody could train "
                "for its seeds; takes no place.",
            )
        )
    if entry.protocol.preview:
        marks.append(Mark("preview", "Made before the suite of probes was whole; does not rank."))
    return tuple(marks)


def place_of(row: Row) -> tuple[bool, bool, bool, bool, bool, float, str]:
    """The key by which rows of a concept are sorted.

    Whole rows come before partial ones, whose figures are over fewer probes or prompts; then those
    with a score, the highest first; then the others, the lowest `highest` first. Rows without any
    ranked probe come after them, then those on seeds that had been told, and those that were
    withdrawn last of all.
    """
    score = None if row.score is None else row.score.score
    highest = 0.0 if row.highest is None else row.highest.value
    return (
        row.withdrawn,
        row.told_before,
        row.highest is None,
        not row.whole,
        score is None,
        highest if score is None else -score.value,
        row.name,
    )


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
        signs=tuple(
            gap_of(column, kind, edited=()) if rate is None else None
            for column, rate in zip(columns, rates, strict=True)
        ),
        highest=_highest(rates),
    )


def _highest(rates: Iterable[Estimate | None]) -> Estimate | None:
    return max((rate for rate in rates if rate is not None), key=lambda r: r.value, default=None)
