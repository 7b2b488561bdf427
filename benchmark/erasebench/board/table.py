"""The tables of the front page: which estimates stand in which row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from erasebench.board.entries import Entry
from erasebench.board.rows import EndRow, Row, base_row, floor_row, row_of
from erasebench.concepts import CONCEPTS, Concept
from erasebench.protocol import Protocol
from erasebench.protocol.season import Season, find_season, lacks_season
from erasebench.results.facts import ProbeFacts
from erasebench.results.result import Cell
from erasebench.stats.resolution import smallest_difference


@dataclass(frozen=True)
class ConceptRows:
    """Every row of one erased concept.

    Attributes:
        concept: the concept.
        base: the unedited model, which every row started from; its retention is 1 by definition.
        floor: the model that never knew the concept; None where no row is measured against it.
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
        season: whose seeds they are; None where they are public.
        lacks_season: whether no row takes a place, since the seeds are public.
        preview: whether no row of it ranks yet.
        columns: the ranked probes.
        parts: ranked concepts, other objects, styles; those that have a row.
        n: prompt indices behind a rate of a full evaluation, the most there are.
        kept_n: the same behind retention; None where no row has it.
        resolution: the smallest difference between two rates of n that is told from chance.
    """

    protocol: str
    seed_set: str
    season: Season | None
    lacks_season: bool
    preview: bool
    columns: tuple[ProbeFacts, ...]
    parts: tuple[Part, ...]
    n: int
    kept_n: int | None
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
        """Whether any row is measured against a model that never knew the concept."""
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


def _counting(cells: Sequence[tuple[Entry, Cell]]) -> list[Cell]:
    """The cells of rows that were not withdrawn; all of them where each was."""
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
