"""The tables of the front page: which estimates stand in which row and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from erasebench.board.entries import Entry
from erasebench.concepts import CONCEPTS, Concept
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, Result
from erasebench.stats.resolution import smallest_difference

PREVIEW = frozenset({"pictogram-v1"})
"""Protocols whose floors and ranked probes are not fixed yet: their rows are shown, none ranks."""


@dataclass(frozen=True)
class Mark:
    """A word that a row carries, and what it means here."""

    word: str
    meaning: str


@dataclass(frozen=True)
class Row:
    """One submission's cell.

    Attributes:
        name: the submission's.
        page: its page, from the site's top; None for the unedited base, which has none.
        method: how it was made, where it says so.
        marks: what sets it apart.
        highest: the highest rate among ranked probes; None where none was run.
        rates: one per column; None where the probe was not run or does not apply.
        retention: None where it was not run.
    """

    name: str
    page: str | None
    method: str | None
    marks: tuple[Mark, ...]
    highest: Estimate | None
    rates: tuple[Estimate | None, ...]
    retention: Estimate | None


@dataclass(frozen=True)
class ConceptRows:
    """Every row of one erased concept.

    Attributes:
        concept: the concept.
        base: the unedited model, which every row started from; its retention is 1 by definition.
        rows: lowest `highest` first, then by name.
    """

    concept: Concept
    base: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """Every result of one protocol and seed set; no other shares it.

    Attributes:
        protocol: its name.
        seed_set: its name.
        preview: whether no row of it ranks yet.
        columns: the ranked probes.
        concepts: in the order of `CONCEPTS`.
        n: prompt indices behind a rate of a full evaluation, the most there are.
        resolution: the smallest difference between two such rates that is told from chance.
    """

    protocol: str
    seed_set: str
    preview: bool
    columns: tuple[ProbeFacts, ...]
    concepts: tuple[ConceptRows, ...]
    n: int
    resolution: float


def tables_of(entries: Sequence[Entry]) -> tuple[Table, ...]:
    """Sorts results into tables, one per protocol and seed set."""
    ordered = sorted(entries, key=_table_key)
    return tuple(_table(*key, tuple(group)) for key, group in groupby(ordered, key=_table_key))


def marks_of(result: Result, cell: Cell) -> tuple[Mark, ...]:
    """What sets a cell apart from one that ranks."""
    marks = []
    if result.partial is not None:
        marks.append(Mark("partial", f"No full evaluation: {result.partial}."))
    elif not cell.complete:
        marks.append(Mark("incomplete", "A ranked probe or retention is missing."))
    if result.protocol in PREVIEW:
        marks.append(Mark("preview", "Made before the suite of probes was whole; does not rank."))
    return tuple(marks)


def _table_key(entry: Entry) -> tuple[str, str]:
    return entry.result.protocol, entry.result.seed_set


def _table(protocol: str, seed_set: str, entries: tuple[Entry, ...]) -> Table:
    columns = tuple(probe for probe in entries[0].result.probes if probe.ranked)
    cells = [(entry, cell) for entry in entries for cell in entry.result.cells]
    n = max((estimate.rate.n for _, cell in cells for estimate in cell.probes), default=1)
    of_concept = {
        name: [(entry, cell) for entry, cell in cells if cell.erased == name] for name in CONCEPTS
    }
    return Table(
        protocol=protocol,
        seed_set=seed_set,
        preview=protocol in PREVIEW,
        columns=columns,
        concepts=tuple(
            ConceptRows(
                concept=CONCEPTS[name],
                base=_base_row([cell for _, cell in found], columns),
                rows=tuple(sorted((_row(e, cell, columns) for e, cell in found), key=_height)),
            )
            for name, found in of_concept.items()
            if found
        ),
        n=n,
        resolution=smallest_difference(n),
    )


def _row(entry: Entry, cell: Cell, columns: Sequence[ProbeFacts]) -> Row:
    by_name = {estimate.probe: estimate.rate for estimate in cell.probes}
    rates = tuple(by_name.get(column.name) for column in columns)
    return Row(
        name=entry.result.identity.name,
        page=f"{entry.place}.html",
        method=entry.result.identity.method,
        marks=marks_of(entry.result, cell),
        highest=_highest(rates),
        rates=rates,
        retention=None if cell.retention is None else cell.retention.value,
    )


def _base_row(cells: Sequence[Cell], columns: Sequence[ProbeFacts]) -> Row:
    """The base's rates, each from the result that measured it on the most prompts."""
    measured: dict[str, Estimate] = {}
    for estimate in (estimate for cell in cells for estimate in cell.probes):
        known = measured.get(estimate.probe)
        if known is None or estimate.base_rate.n > known.n:
            measured[estimate.probe] = estimate.base_rate
    rates = tuple(measured.get(column.name) for column in columns)
    return Row(
        name="unedited base",
        page=None,
        method=None,
        marks=(),
        highest=_highest(rates),
        rates=rates,
        retention=None,
    )


def _highest(rates: Iterable[Estimate | None]) -> Estimate | None:
    return max((rate for rate in rates if rate is not None), key=lambda r: r.value, default=None)


def _height(row: Row) -> tuple[float, str]:
    """Rows without any ranked probe come last."""
    return (2.0 if row.highest is None else row.highest.value), row.name
