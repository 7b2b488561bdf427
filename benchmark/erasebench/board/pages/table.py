"""The tables of the home page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from erasebench.board.entries import Entry
from erasebench.board.footnotes import Mark, gap_of
from erasebench.board.ranking import highest_of
from erasebench.board.rows import Row, rows_of
from erasebench.concepts import CONCEPTS, Concept
from erasebench.protocol import Protocol
from erasebench.protocol.seeds import Season, find_season, lacks_season
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell


@dataclass(frozen=True)
class ConceptRows:
    """All rows of one erased concept.

    Attributes:
        concept: the concept.
        base: by probe, the original model's rate (ceiling).
        floor: by probe, the rate on a model trained without the concept; empty where no row has it.
        gaps: by ranked probe, why base or floor has no rate.
        highest: the highest rate of the original model among ranked probes.
        rows: in the order of `ranking`.
    """

    concept: Concept
    base: dict[str, Estimate]
    floor: dict[str, Estimate]
    gaps: dict[str, Mark]
    highest: Estimate | None
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

    def table_of(entry: Entry) -> tuple[str, str]:
        return entry.result.protocol, entry.result.seed_set

    ordered = sorted(entries, key=table_of)
    return tuple(_table(*key, tuple(group)) for key, group in groupby(ordered, key=table_of))


def base_rates(cells: Iterable[Cell]) -> dict[str, Estimate]:
    """The original model's rates by probe, each from the result with the most prompts."""
    return _longest((one.probe, one.base_rate) for cell in cells for one in cell.probes)


def floors(cells: Iterable[Cell]) -> dict[str, Estimate]:
    """The floors by probe, in the same way; empty where no result has one."""
    scores = [cell.score for cell in cells if cell.score is not None]
    return _longest((one.probe, one.floor) for score in scores for one in score.probes)


def _longest(rates: Iterable[tuple[str, Estimate | None]]) -> dict[str, Estimate]:
    longest: dict[str, Estimate] = {}
    for probe, rate in rates:
        if rate is not None and (probe not in longest or rate.n > longest[probe].n):
            longest[probe] = rate
    return longest


def _table(protocol: str, seed_set: str, entries: tuple[Entry, ...]) -> Table:
    columns = tuple(probe for probe in entries[0].result.probes if probe.ranked)
    counting = _counting(entries, None)
    kept = [c.retention.value.n for c in counting if c.retention and c.retention.value]
    rows = [
        _concept_rows(concept, entries, columns)
        for name, concept in CONCEPTS.items()
        if any(entry.cells_of(name) for entry in entries)
    ]
    return Table(
        protocol=protocol,
        seed_set=seed_set,
        season=find_season(seed_set),
        lacks_season=lacks_season(protocol, seed_set),
        preview=entries[0].protocol.preview,
        columns=columns,
        parts=_parts(rows, entries[0].protocol),
        n=max((estimate.rate.n for cell in counting for estimate in cell.probes), default=1),
        retention_n=max(kept, default=None),
    )


def _parts(rows: Sequence[ConceptRows], protocol: Protocol) -> tuple[Part, ...]:
    def heading_of(concept: Concept) -> str:
        if concept.name in protocol.ranked:
            return "Ranked concepts"
        return "Styles, not ranked" if concept.kind == "style" else "Other objects, not ranked"

    parts: dict[str, list[ConceptRows]] = {
        "Ranked concepts": [],
        "Other objects, not ranked": [],
        "Styles, not ranked": [],
    }
    for one in rows:
        parts[heading_of(one.concept)].append(one)
    return tuple(Part(heading, tuple(found)) for heading, found in parts.items() if found)


def _counting(entries: Sequence[Entry], concept: str | None) -> list[Cell]:
    """Cells of rows that were not withdrawn; all cells if every row was."""
    known = [(entry, cell) for entry in entries for cell in entry.cells_of(concept)]
    return [cell for entry, cell in known if entry.withdrawn is None] or [c for _, c in known]


def _concept_rows(
    concept: Concept, entries: Sequence[Entry], columns: Sequence[ProbeFacts]
) -> ConceptRows:
    cells = _counting(entries, concept.name)
    base = base_rates(cells)
    return ConceptRows(
        concept=concept,
        base=base,
        floor=floors(cells),
        gaps={column.name: gap_of(column, concept.kind, edited=()) for column in columns},
        highest=highest_of(base.get(column.name) for column in columns),
        rows=rows_of(entries, concept.name),
    )
