"""The rows of the board, as terminal, files, data frames and site show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from erasebench.board.attacks import WorstKnown, worst_known
from erasebench.board.entries import Entry
from erasebench.board.footnotes import verdict_sentence
from erasebench.board.probe_rows import ProbeRow, rows_of_cell, rows_of_score
from erasebench.board.ranking import Rank, places_of, rank_of
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell
from erasebench.results.score import RowScore, Verdict


@dataclass(frozen=True)
class Row:
    """One submission, over all its ranked concepts or on one. All estimates are shares.

    Attributes:
        entry: the submission.
        concept: one of its erased concepts; None for all ranked ones together.
        place: its place over all ranked concepts; None where it is not ranked, or on one concept.
    """

    entry: Entry
    concept: str | None = None
    place: int | None = None

    @property
    def name(self) -> str:
        """Name of the submission."""
        return self.entry.result.name

    @property
    def table(self) -> tuple[str, str]:
        """Protocol and seed set; rows of different ones are never compared."""
        return self.entry.result.protocol, self.entry.result.seed_set

    @cached_property
    def rank(self) -> Rank:
        """Where it stands."""
        return rank_of(self.entry, self.concept)

    @property
    def marks(self) -> tuple[str, ...]:
        """Reasons why it is not ranked, a word or two each."""
        return tuple(mark.word for mark in self.rank.marks)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cell of its concept, or all of them."""
        return self.entry.cells_of(self.concept)

    @property
    def scores(self) -> RowScore | None:
        """Its scores; None where no concept is ranked."""
        return self.entry.scores_of(self.concept)

    @property
    def scored(self) -> bool:
        """Whether it has a robustness."""
        return self.scores is not None and self.scores.robustness is not None

    @property
    def concepts(self) -> tuple[str, ...]:
        """The concepts that are pooled; empty where none is ranked."""
        return () if self.scores is None else self.scores.concepts

    @property
    def estimates(self) -> dict[str, Estimate | None]:
        """Score, robustness and retention; None where a value that one needs is missing."""
        found = self.scores
        robustness = None if found is None else found.robustness
        retention = None if found is None else found.retention
        return {
            "score": None if found is None else found.score,
            "robustness": None if robustness is None else robustness.value,
            "retention": None if retention is None else retention.value,
        }

    @property
    def verdict(self) -> Verdict | None:
        """None where a value that it needs is missing."""
        return None if self.scores is None else self.scores.verdict

    @property
    def sentence(self) -> str:
        """The verdict with its reason, or why there is none."""
        return verdict_sentence(self.scores)

    @cached_property
    def probes(self) -> dict[str, ProbeRow]:
        """By name, the probes on its concept, or over all its ranked concepts."""
        result, scores = self.entry.result, self.scores
        if self.concept is not None:
            rows = rows_of_cell(self.cells[0], result)
        else:
            rows = () if scores is None else rows_of_score(scores, result)
        return {one.facts.name: one for one in rows}

    @property
    def applicable(self) -> tuple[ProbeRow, ...]:
        """The ranked probes, except those that do not apply."""
        return tuple(one for one in self.probes.values() if one.facts.ranked and one.applies)

    @property
    def rates(self) -> dict[str, Estimate | None]:
        """By ranked probe; None where it was not run on every concept, or none is ranked."""
        known = {} if self.scores is None else {one.probe: one.rate for one in self.scores.probes}
        return {one.name: known.get(one.name) for one in self.entry.result.probes if one.ranked}

    @property
    def worst_known(self) -> WorstKnown | None:
        """The strongest submitted attack that is stronger than the worst probe on its concept."""
        attacks = [worst_known(self.entry.attacks, cell) for cell in self.cells]
        known = [one for one in attacks if one is not None]
        return min(known, key=lambda one: one.value.value, default=None)


def rows_of(entries: Sequence[Entry], concept: str | None = None) -> tuple[Row, ...]:
    """The rows of each protocol and seed set, in the order of `ranking`.

    Args:
        entries: the submissions.
        concept: an erased concept; None for all ranked ones of each submission together.
    """
    found = [Row(entry, concept) for entry in entries if entry.cells_of(concept)]
    found.sort(key=lambda row: (row.table, row.rank.key))
    if concept is not None:
        return tuple(found)
    return tuple(
        replace(row, place=place)
        for group in tables_of_rows(found)
        for row, place in zip(group, places_of([row.rank for row in group]), strict=True)
    )


def tables_of_rows(rows: Sequence[Row]) -> tuple[tuple[Row, ...], ...]:
    """Sorted rows by table: one for each protocol and seed set."""
    return tuple(tuple(group) for _, group in groupby(rows, key=lambda row: row.table))


def facts_of_row(row: Row) -> dict[str, object]:
    """The fields of a row that are no estimates, as JSON and CSV have them."""
    result, verdict, withdrawn = row.entry.result, row.verdict, row.entry.withdrawn
    return {
        "protocol": result.protocol,
        "seed_set": result.seed_set,
        "place": row.place,
        "name": row.name,
        "method": result.method,
        "declared_method": result.declared_method,
        "concepts": list(row.concepts),
        "withdrawn": None if withdrawn is None else f"{withdrawn.since}: {withdrawn.reason}",
        "marks": list(row.marks),
        "verdict": None if verdict is None else verdict.word,
        "destructive": None if verdict is None else verdict.destructive,
        "disputed": None if verdict is None else verdict.disputed,
        "no_verdict": row.sentence if verdict is None else "",
    }


def json_of(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Rows as JSON: shares, each with its interval and n."""

    def dumped(one: Estimate | None) -> dict[str, object] | None:
        return None if one is None else one.model_dump()

    def attacked(worst: WorstKnown | None) -> dict[str, object] | None:
        if worst is None:
            return None
        return {**worst.value.model_dump(), "attack": worst.replay.attack.model_dump()}

    return [
        {
            **facts_of_row(row),
            **{name: dumped(one) for name, one in row.estimates.items()},
            "rates": {name: dumped(one) for name, one in row.rates.items()},
            "worst_known": attacked(row.worst_known),
        }
        for row in rows
    ]
