"""The tables of the front page: which estimates stand in which row and column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from erasebench.board.entries import Entry
from erasebench.concepts import CONCEPTS, Concept
from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell
from erasebench.stats.resolution import smallest_difference


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
        whole: a full evaluation, with every ranked probe that applies, and retention.
        highest: the highest rate among ranked probes; None where none was run.
        highest_of: ranked probes that were run.
        rates: one per column; None where the probe was not run or does not apply.
        retention: None where it was not run.
    """

    name: str
    page: str | None
    method: str | None
    marks: tuple[Mark, ...]
    whole: bool
    highest: Estimate | None
    highest_of: int
    rates: tuple[Estimate | None, ...]
    retention: Estimate | None


@dataclass(frozen=True)
class ConceptRows:
    """Every row of one erased concept.

    Attributes:
        concept: the concept.
        applies: one per column: whether the probe can ask for this kind of concept.
        base: the unedited model, which every row started from; its retention is 1 by definition.
        rows: whole ones before partial ones, lowest `highest` first, then by name.
    """

    concept: Concept
    applies: tuple[bool, ...]
    base: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Part:
    """Concepts that are reported together.

    Attributes:
        heading: what they have in common.
        concepts: in the order of `CONCEPTS`.
    """

    heading: str
    concepts: tuple[ConceptRows, ...]


@dataclass(frozen=True)
class Table:
    """Every result of one protocol and seed set; no other shares it.

    Attributes:
        protocol: its name.
        seed_set: its name.
        preview: whether no row of it ranks yet.
        columns: the ranked probes.
        parts: ranked concepts, other objects, styles; those that have a row.
        n: prompt indices behind a rate of a full evaluation, the most there are.
        kept_n: the same behind retention; None where no row has it.
        resolution: the smallest difference between two rates of n that is told from chance.
    """

    protocol: str
    seed_set: str
    preview: bool
    columns: tuple[ProbeFacts, ...]
    parts: tuple[Part, ...]
    n: int
    kept_n: int | None
    resolution: float


def tables_of(entries: Sequence[Entry]) -> tuple[Table, ...]:
    """Sorts results into tables, one per protocol and seed set."""
    ordered = sorted(entries, key=_table_key)
    return tuple(_table(*key, tuple(group)) for key, group in groupby(ordered, key=_table_key))


def marks_of(entry: Entry, cell: Cell) -> tuple[Mark, ...]:
    """What sets a cell apart from one that ranks."""
    marks = []
    if entry.result.partial is not None:
        marks.append(Mark("partial", f"No full evaluation: {entry.result.partial}."))
    elif not cell.complete:
        marks.append(Mark("incomplete", "A ranked probe or retention is missing."))
    if entry.protocol.preview:
        marks.append(Mark("preview", "Made before the suite of probes was whole; does not rank."))
    return tuple(marks)


def _table_key(entry: Entry) -> tuple[str, str]:
    return entry.result.protocol, entry.result.seed_set


def _table(protocol: str, seed_set: str, entries: tuple[Entry, ...]) -> Table:
    columns = tuple(probe for probe in entries[0].result.probes if probe.ranked)
    cells = [(entry, cell) for entry in entries for cell in entry.result.cells]
    n = max((estimate.rate.n for _, cell in cells for estimate in cell.probes), default=1)
    kept = [c.retention.value.n for _, c in cells if c.retention and c.retention.value]
    of_concept = {
        name: _concept_rows(CONCEPTS[name], found, columns)
        for name in CONCEPTS
        if (found := [(entry, cell) for entry, cell in cells if cell.erased == name])
    }
    return Table(
        protocol=protocol,
        seed_set=seed_set,
        preview=entries[0].protocol.preview,
        columns=columns,
        parts=_parts(of_concept, entries[0].protocol),
        n=n,
        kept_n=max(kept, default=None),
        resolution=smallest_difference(n),
    )


def _parts(of_concept: Mapping[str, ConceptRows], protocol: Protocol) -> tuple[Part, ...]:
    ranked, objects, styles = [], [], []
    for name, rows in of_concept.items():
        if name in protocol.ranked:
            ranked.append(rows)
        elif rows.concept.kind == "style":
            styles.append(rows)
        else:
            objects.append(rows)
    headed = {
        "Ranked concepts": ranked,
        "Other objects, shown and never ranked": objects,
        "Styles, reported apart": styles,
    }
    return tuple(Part(heading, tuple(rows)) for heading, rows in headed.items() if rows)


def _concept_rows(
    concept: Concept, cells: Sequence[tuple[Entry, Cell]], columns: Sequence[ProbeFacts]
) -> ConceptRows:
    rows = (_row(entry, cell, columns) for entry, cell in cells)
    return ConceptRows(
        concept=concept,
        applies=tuple(concept.kind in column.asks_for for column in columns),
        base=_base_row([cell for _, cell in cells], columns),
        rows=tuple(sorted(rows, key=_order)),
    )


def _row(entry: Entry, cell: Cell, columns: Sequence[ProbeFacts]) -> Row:
    by_name = {estimate.probe: estimate.rate for estimate in cell.probes}
    rates = tuple(by_name.get(column.name) for column in columns)
    return Row(
        name=entry.result.identity.name,
        page=f"{entry.place}.html",
        method=entry.result.identity.method,
        marks=marks_of(entry, cell),
        whole=entry.result.partial is None and cell.complete,
        highest=_highest(rates),
        highest_of=len(rates) - rates.count(None),
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
        whole=any(cell.complete for cell in cells),
        highest=_highest(rates),
        highest_of=len(rates) - rates.count(None),
        rates=rates,
        retention=None,
    )


def _highest(rates: Iterable[Estimate | None]) -> Estimate | None:
    return max((rate for rate in rates if rate is not None), key=lambda r: r.value, default=None)


def _order(row: Row) -> tuple[bool, bool, float, str]:
    """A partial row's highest is over fewer probes or prompts, so that it goes before no whole one.

    Rows without any ranked probe come last.
    """
    if row.highest is None:
        return True, not row.whole, 0.0, row.name
    return False, not row.whole, row.highest.value, row.name
