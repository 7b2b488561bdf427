"""The board's rows as lines of a table: for a terminal, a spreadsheet or a program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from erasebench.board.attacks import WorstKnown, worst_known
from erasebench.board.entries import Entry
from erasebench.protocol.season import lacks_season
from erasebench.results.outcome import Estimate
from erasebench.results.score import RowScore, why_no_verdict

SCORES = ("score", "robustness", "retention")
"""What a line holds beside its probes' rates."""


@dataclass(frozen=True)
class Line:
    """One submission, over all its ranked concepts or on one.

    Attributes:
        protocol: its name.
        seed_set: its name.
        name: the submission's.
        method: how it was made, where its checkpoints say so.
        declared_method: the same as the submitter declares it.
        concepts: erased concepts that are pooled; empty where none of its own ranks.
        withdrawn: the day since which it takes no place, and why; None where it was not.
        marks: what sets it apart from a row that ranks, a word or two each.
        verdict: in one word; None without one.
        no_verdict: why it has no verdict; empty where it has one.
        score, robustness, retention: None where anything that they need is missing.
        rates: by ranked probe; None where it was not run for every concept.
        worst_known: on any of the concepts, the strongest attack that others handed in, where it
            is stronger than the protocol's worst probe on that concept.
    """

    protocol: str
    seed_set: str
    name: str
    method: str | None
    declared_method: str | None
    concepts: tuple[str, ...]
    withdrawn: str | None
    marks: tuple[str, ...]
    verdict: str | None
    no_verdict: str
    score: Estimate | None
    robustness: Estimate | None
    retention: Estimate | None
    rates: dict[str, Estimate | None]
    worst_known: WorstKnown | None = None

    @property
    def place(self) -> tuple[str, str, bool, bool, bool, float, str]:
        """The key by which lines are sorted: whole rows first, then the highest score.

        Those that were withdrawn come last.
        """
        found = self.score
        return (
            self.protocol,
            self.seed_set,
            self.withdrawn is not None,
            bool(self.marks),
            found is None,
            0.0 if found is None else -found.value,
            self.name,
        )


def lines_of(entries: Sequence[Entry], concept: str | None = None) -> tuple[Line, ...]:
    """One line for each submission, sorted; tables of two protocols or seed sets stay apart.

    Args:
        entries: the submissions.
        concept: the erased concept to look at; None for all the ranked ones of each together.
    """
    lines = (
        _line(entry, concept)
        for entry in entries
        if concept is None or any(cell.erased == concept for cell in entry.result.cells)
    )
    return tuple(sorted(lines, key=lambda line: line.place))


def csv_of(lines: Sequence[Line]) -> str:
    """Lines as CSV: shares and not percent, an estimate in four columns."""
    rows = [_flat(line) for line in lines]
    fields = dict.fromkeys(field for row in rows for field in row)
    content = io.StringIO()
    writer = csv.DictWriter(content, fieldnames=list(fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue()


def _line(entry: Entry, concept: str | None) -> Line:
    result = entry.result
    score = result.score
    if concept is not None:
        score = next(cell.score for cell in result.cells if cell.erased == concept)
    robust = None if score is None else score.robustness
    kept = None if score is None else score.retention
    verdict = None if score is None else score.verdict
    rates = {} if score is None else {one.probe: one.rate for one in score.probes}
    return Line(
        protocol=result.protocol,
        seed_set=result.seed_set,
        name=result.name,
        method=result.method,
        declared_method=result.declared_method,
        concepts=() if score is None else score.concepts,
        withdrawn=None
        if entry.withdrawn is None
        else f"{entry.withdrawn.since}: {entry.withdrawn.reason}",
        marks=tuple(_marks(entry, score, concept)),
        verdict=None if verdict is None else verdict.word,
        no_verdict=why_no_verdict(score) if verdict is None else "",
        score=None if score is None else score.score,
        robustness=None if robust is None else robust.value,
        retention=None if kept is None else kept.value,
        rates={facts.name: rates.get(facts.name) for facts in result.probes if facts.ranked},
        worst_known=_worst_known(entry, concept),
    )


def _worst_known(entry: Entry, concept: str | None) -> WorstKnown | None:
    cells = [cell for cell in entry.result.cells if concept in (None, cell.erased)]
    known = [found for cell in cells if (found := worst_known(entry.attacks, cell)) is not None]
    return min(known, key=lambda one: one.value.value, default=None)


def _marks(entry: Entry, score: RowScore | None, concept: str | None) -> Iterator[str]:
    """What sets a line apart from a row that ranks."""
    result = entry.result
    if entry.withdrawn is not None:
        yield "withdrawn"
    if result.partial is not None:
        yield "partial"
    elif not all(cell.complete for cell in result.cells if concept in (None, cell.erased)):
        yield "incomplete"
    ranked = entry.protocol.ranked
    if score is None:
        yield "not ranked"
    elif concept is None and len(score.concepts) < len(ranked):
        yield f"{len(score.concepts)} of {len(ranked)} concepts"
    if lacks_season(result.protocol, result.seed_set):
        yield "public seeds"
    if entry.told_before:
        yield "told seeds"
    if entry.protocol.preview:
        yield "preview"
    if score is not None and score.verdict is not None and score.verdict.disputed:
        yield "disputed"


def _flat(line: Line) -> dict[str, object]:
    """A line with every estimate spread over columns."""
    flat: dict[str, object] = {
        "protocol": line.protocol,
        "seed_set": line.seed_set,
        "name": line.name,
        "method": line.method,
        "declared_method": line.declared_method,
        "concepts": " ".join(line.concepts),
        "marks": "; ".join(line.marks),
        "withdrawn": line.withdrawn,
        "verdict": line.verdict,
        "no_verdict": line.no_verdict,
    }
    worst = line.worst_known
    flat |= {
        "worst_known_attack": None if worst is None else worst.replay.attack.id,
        "worst_known_concept": None if worst is None else worst.replay.attack.concept,
        "worst_known_finder": None if worst is None else worst.replay.attack.finder.name,
    }
    estimates = {name: getattr(line, name) for name in SCORES} | line.rates
    estimates["worst_known"] = None if worst is None else worst.value
    for name, found in estimates.items():
        flat[name] = None if found is None else found.value
        for part in ("low", "high", "n"):
            flat[f"{name}_{part}"] = None if found is None else getattr(found, part)
    return flat
