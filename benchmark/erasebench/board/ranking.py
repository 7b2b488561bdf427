"""Order, marks and places of rows, for terminal and site alike.

**Scope.** A row is compared either on one erased concept, as on the site and with `--concept`, or
over all ranked concepts together, as in the terminal.

**Order**, the first difference decides:

1. rows that were not withdrawn;
2. rows evaluated before the seeds of their season were revealed;
3. rows with a rate of at least one ranked probe;
4. complete rows: a full evaluation with every ranked probe and retention, and over all concepts
   one that covers every ranked concept of its protocol; a row over fewer concepts carries the mark
   `3 of 5 concepts`;
5. rows with a score, the highest first;
6. rows without one, the lowest of their highest rates first;
7. the name.

A disputed verdict and a destructive one move no row; they are labels of the verdict.

**Places.** Only rows over all ranked concepts have a place: 1 is the highest score, equal scores
share one. A row that carries a mark or lacks a score is *not ranked*. Places compare rows of one
protocol and seed set; they say nothing about significance, which the intervals show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from erasebench.board.entries import Entry
from erasebench.board.footnotes import Mark
from erasebench.protocol.seeds import lacks_season
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, ProbeEstimate
from erasebench.results.score import ProbeScore


@dataclass(frozen=True)
class Rank:
    """Everything that decides where a row stands.

    Attributes:
        name: of the submission.
        marks: reasons why it has no place.
        withdrawn: whether its submitter or a maintainer withdrew it.
        after_reveal: whether it was evaluated after the seeds of its season were revealed.
        complete: see rule 4 of the order.
        score: a share; None where a value that it needs is missing.
        highest: the highest rate among ranked probes, a share; None where none was run.
    """

    name: str
    marks: tuple[Mark, ...]
    withdrawn: bool
    after_reveal: bool
    complete: bool
    score: Estimate | None
    highest: Estimate | None

    @property
    def ranked(self) -> bool:
        """Whether a row over all concepts has a place."""
        return not self.marks and self.score is not None

    @property
    def key(self) -> tuple[bool, bool, bool, bool, bool, float, str]:
        """The key by which rows are sorted, rules 1 to 7."""
        highest = 0.0 if self.highest is None else self.highest.value
        return (
            self.withdrawn,
            self.after_reveal,
            self.highest is None,
            not self.complete,
            self.score is None,
            highest if self.score is None else -self.score.value,
            self.name,
        )


def rank_of(entry: Entry, concept: str | None = None) -> Rank:
    """Where a row stands.

    Args:
        entry: the row.
        concept: one of its erased concepts; None for all ranked concepts together.
    """
    result = entry.result
    cells, score = entry.cells_of(concept), entry.scores_of(concept)
    ranked = {facts.name for facts in result.probes if facts.ranked}
    if concept is not None:
        probes: Sequence[ProbeEstimate | ProbeScore] = cells[0].probes
    else:
        probes = () if score is None else score.probes
    complete = result.partial is None and all(cell.complete for cell in cells)
    uncovered = [*_uncovered(entry)] if concept is None else []
    return Rank(
        name=result.name,
        marks=(*_marks(entry, cells), *uncovered),
        withdrawn=entry.withdrawn is not None,
        after_reveal=entry.after_reveal,
        complete=complete and not uncovered,
        score=None if score is None else score.score,
        highest=highest_of(one.rate for one in probes if one.probe in ranked),
    )


def places_of(ranks: Sequence[Rank]) -> tuple[int | None, ...]:
    """The place of each row over all concepts, from 1; None where it is not ranked.

    Args:
        ranks: of one protocol and seed set, in any order.
    """
    scores = [one.score.value if one.ranked and one.score else None for one in ranks]
    return tuple(
        None if own is None else 1 + sum(score is not None and score > own for score in scores)
        for own in scores
    )


def highest_of(rates: Iterable[Estimate | None]) -> Estimate | None:
    """The highest of some rates; None without any."""
    return max((rate for rate in rates if rate is not None), key=lambda r: r.value, default=None)


def _uncovered(entry: Entry) -> Iterator[Mark]:
    """The mark of a row that does not cover every ranked concept."""
    score, wanted = entry.result.score, len(entry.protocol.ranked)
    if score is None:
        yield Mark("no ranked concept", "The row erases no concept that is ranked.")
    elif len(score.concepts) < wanted:
        yield Mark(
            f"{len(score.concepts)} of {wanted} concepts",
            "The row does not cover every ranked concept, so it is not ranked.",
        )


def _marks(entry: Entry, cells: Sequence[Cell]) -> Iterator[Mark]:
    """Reasons why a row has no place, whatever its concepts."""
    if (gone := entry.withdrawn) is not None:
        yield Mark("withdrawn", f"Withdrawn on {gone.since}, not ranked: {gone.reason}")
    if entry.result.partial is not None:
        yield Mark("partial", f"Partial evaluation, not ranked: {entry.result.partial}.")
    elif not all(cell.complete for cell in cells):
        yield Mark("incomplete", "A ranked probe or retention is missing, so it is not ranked.")
    if lacks_season(entry.result.protocol, entry.result.seed_set):
        yield Mark(
            "public seeds",
            "Not ranked: a model can be trained for public seeds. This protocol ranks rows on the "
            "hidden seeds of a season.",
        )
    if entry.after_reveal:
        yield Mark(
            "revealed seeds",
            "Evaluated after its season's seeds were revealed, when a model could be trained for "
            "them; not ranked.",
        )
    if entry.protocol.preview:
        yield Mark("preview", "The protocol is a preview and ranks no rows.")
