"""The board as a flat table: one row a submission, for the terminal, data frames and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from erasebench.board.attacks import WorstKnown, worst_known
from erasebench.board.entries import Entry
from erasebench.board.footnotes import verdict_sentence
from erasebench.board.ranking import Rank, places_of, rank_of
from erasebench.results.outcome import Estimate
from erasebench.results.score import Verdict

SCORES = ("score", "robustness", "retention")
"""The estimates of a row besides the rates of its probes."""


@dataclass(frozen=True)
class FlatRow:
    """One submission, over all its ranked concepts or on one. All estimates are shares.

    Attributes:
        protocol: its name.
        seed_set: its name.
        name: of the submission.
        method: as its checkpoints name it.
        declared_method: as its submitter declares it.
        concepts: erased concepts that are pooled; empty where none is ranked.
        withdrawn: date and reason; None where it was not withdrawn.
        rank: where it stands.
        place: its place over all ranked concepts; None where it is not ranked, or on one concept.
        verdict: None where a value that it needs is missing.
        no_verdict: why it has none; empty where it has one.
        score: None where a value that it needs is missing.
        robustness: None where a value that it needs is missing.
        retention: None where a value that it needs is missing.
        rates: by ranked probe; None where it was not run on every concept.
        worst_known: over these concepts, the strongest submitted attack that is stronger than the
            worst probe on its concept; None without one.
    """

    protocol: str
    seed_set: str
    name: str
    method: str | None
    declared_method: str | None
    concepts: tuple[str, ...]
    withdrawn: str | None
    rank: Rank
    place: int | None
    verdict: Verdict | None
    no_verdict: str
    score: Estimate | None
    robustness: Estimate | None
    retention: Estimate | None
    rates: dict[str, Estimate | None]
    worst_known: WorstKnown | None

    @property
    def marks(self) -> tuple[str, ...]:
        """Reasons why it is not ranked, a word or two each."""
        return tuple(mark.word for mark in self.rank.marks)

    @property
    def table(self) -> tuple[str, str]:
        """Protocol and seed set; rows of different ones are never compared."""
        return self.protocol, self.seed_set


def flat_rows(entries: Sequence[Entry], concept: str | None = None) -> tuple[FlatRow, ...]:
    """The rows of each protocol and seed set, in the order of `ranking`.

    Args:
        entries: the submissions.
        concept: an erased concept; None for all ranked ones of each submission together.
    """
    found = [
        _row(entry, concept)
        for entry in entries
        if concept is None or any(cell.erased == concept for cell in entry.result.cells)
    ]
    rows: list[FlatRow] = []
    for _, group in groupby(sorted(found, key=lambda row: (row.table, row.rank.key)), _table_of):
        here = list(group)
        places = places_of([row.rank for row in here])
        rows += [
            row if concept else replace(row, place=place)
            for row, place in zip(here, places, strict=True)
        ]
    return tuple(rows)


def facts_of_row(row: FlatRow) -> dict[str, object]:
    """The fields of a row that are no estimates, as JSON and CSV have them."""
    verdict = row.verdict
    return {
        "protocol": row.protocol,
        "seed_set": row.seed_set,
        "place": row.place,
        "name": row.name,
        "method": row.method,
        "declared_method": row.declared_method,
        "concepts": list(row.concepts),
        "withdrawn": row.withdrawn,
        "marks": list(row.marks),
        "verdict": None if verdict is None else verdict.word,
        "destructive": None if verdict is None else verdict.destructive,
        "disputed": None if verdict is None else verdict.disputed,
        "no_verdict": row.no_verdict,
    }


def json_of(rows: Sequence[FlatRow]) -> list[dict[str, object]]:
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
            **{name: dumped(getattr(row, name)) for name in SCORES},
            "rates": {name: dumped(one) for name, one in row.rates.items()},
            "worst_known": attacked(row.worst_known),
        }
        for row in rows
    ]


def _table_of(row: FlatRow) -> tuple[str, str]:
    return row.table


def _row(entry: Entry, concept: str | None) -> FlatRow:
    result, gone = entry.result, entry.withdrawn
    cells = [cell for cell in result.cells if concept in (None, cell.erased)]
    score = result.score if concept is None else cells[0].score
    robust = None if score is None else score.robustness
    kept = None if score is None else score.retention
    verdict = None if score is None else score.verdict
    rates = {} if score is None else {one.probe: one.rate for one in score.probes}
    known = [found for cell in cells if (found := worst_known(entry.attacks, cell)) is not None]
    return FlatRow(
        protocol=result.protocol,
        seed_set=result.seed_set,
        name=result.name,
        method=result.method,
        declared_method=result.declared_method,
        concepts=() if score is None else score.concepts,
        withdrawn=None if gone is None else f"{gone.since}: {gone.reason}",
        rank=rank_of(entry, concept),
        place=None,
        verdict=verdict,
        no_verdict=verdict_sentence(score) if verdict is None else "",
        score=None if score is None else score.score,
        robustness=None if robust is None else robust.value,
        retention=None if kept is None else kept.value,
        rates={facts.name: rates.get(facts.name) for facts in result.probes if facts.ranked},
        worst_known=min(known, key=lambda one: one.value.value, default=None),
    )
