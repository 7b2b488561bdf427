"""The tables of the home page: estimates by row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from erasebench.board.entries import Entry
from erasebench.board.pages.rows import EndRow, Row, base_row, floor_row, row_of
from erasebench.concepts import CONCEPTS, Concept
from erasebench.protocol import Protocol
from erasebench.protocol.seeds import Season, find_season, lacks_season
from erasebench.results.facts import ProbeFacts
from erasebench.results.result import Cell
from erasebench.stats.intervals import smallest_difference


@dataclass(frozen=True)
class ConceptRows:
    """All rows of one erased concept.

    Attributes:
        concept: the concept.
        base: the original model; its retention is 1 by definition.
        floor: a model trained without the concept; None where no row has a floor.
        rows: in the order of `ranking`.
    """

    concept: Concept
    base: EndRow
    floor: EndRow | None
    rows: tuple[Row, ...]

    @property
    def scored(self) -> bool:
        """Whether any row has a robustness."""
        return any(row.scored for row in self.rows)


@dataclass(frozen=True)
class Part:
    """Concepts that are reported together.

    Attributes:
        heading: their common name.
        concepts: in the order of `CONCEPTS`.
    """

    heading: str
    concepts: tuple[ConceptRows, ...]


@dataclass(frozen=True)
class Table:
    """All results of one protocol and seed set.

    Attributes:
        protocol: its name.
        seed_set: its name.
        season: of the seeds; None where they are public.
        lacks_season: whether no row is ranked because the seeds are public.
        preview: whether no row is ranked because the protocol is a preview.
        columns: the ranked probes.
        parts: ranked concepts, other objects, styles; those that have a row.
        n: prompt indices of a rate, the largest number of any row.
        retention_n: the same for retention; None where no row has it.
        resolution: smallest detectable difference of two rates with n.
    """

    protocol: str
    seed_set: str
    season: Season | None
    lacks_season: bool
    preview: bool
    columns: tuple[ProbeFacts, ...]
    parts: tuple[Part, ...]
    n: int
    retention_n: int | None
    resolution: float

    @property
    def groups(self) -> tuple[ConceptRows, ...]:
        """The concepts of all parts."""
        return tuple(group for part in self.parts for group in part.concepts)

    @property
    def scored(self) -> bool:
        """Whether any row has a robustness."""
        return any(group.scored for group in self.groups)

    @property
    def floored(self) -> bool:
        """Whether any row has a floor."""
        return any(group.floor for group in self.groups)


def tables_of(entries: Sequence[Entry]) -> tuple[Table, ...]:
    """Sorts results into tables, one per protocol and seed set."""
    ordered = sorted(entries, key=_table_key)
    return tuple(_table(*key, tuple(group)) for key, group in groupby(ordered, key=_table_key))


def _table_key(entry: Entry) -> tuple[str, str]:
    return entry.result.protocol, entry.result.seed_set


def _table(protocol: str, seed_set: str, entries: tuple[Entry, ...]) -> Table:
    columns = tuple(probe for probe in entries[0].result.probes if probe.ranked)
    cells = [(entry, cell) for entry in entries for cell in entry.result.cells]
    counting = _counting(cells)
    n = max((estimate.rate.n for cell in counting for estimate in cell.probes), default=1)
    kept = [c.retention.value.n for c in counting if c.retention and c.retention.value]
    of_concept = {
        name: _concept_rows(CONCEPTS[name], found, columns)
        for name in CONCEPTS
        if (found := [(entry, cell) for entry, cell in cells if cell.erased == name])
    }
    return Table(
        protocol=protocol,
        seed_set=seed_set,
        season=find_season(seed_set),
        lacks_season=lacks_season(protocol, seed_set),
        preview=entries[0].protocol.preview,
        columns=columns,
        parts=_parts(of_concept, entries[0].protocol),
        n=n,
        retention_n=max(kept, default=None),
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
        "Other objects, not ranked": objects,
        "Styles, not ranked": styles,
    }
    return tuple(Part(heading, tuple(rows)) for heading, rows in headed.items() if rows)


def _counting(cells: Sequence[tuple[Entry, Cell]]) -> list[Cell]:
    """Cells of rows that were not withdrawn; all cells if every row was."""
    return [cell for entry, cell in cells if entry.withdrawn is None] or [c for _, c in cells]


def _concept_rows(
    concept: Concept, cells: Sequence[tuple[Entry, Cell]], columns: Sequence[ProbeFacts]
) -> ConceptRows:
    rows = (row_of(entry, cell, columns) for entry, cell in cells)
    found = _counting(cells)
    return ConceptRows(
        concept=concept,
        base=base_row(found, concept.kind, columns),
        floor=floor_row(found, concept.kind, columns),
        rows=tuple(sorted(rows, key=lambda row: row.rank.key)),
    )
