"""Tables for the terminal: one result, and the rows of a board."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tabulate import tabulate

from erasebench.board.flat_table import SCORES, FlatRow
from erasebench.board.footnotes import label_of, verdict_sentence
from erasebench.board.format import duration, in_percent, percent, visible
from erasebench.results.result import Cell, ProbeEstimate, Result
from erasebench.results.score import ProbeScore, RetentionEstimate, RowScore
from erasebench.stats.intervals import smallest_difference

LEGEND = (
    "recovery: images in which the judge recognises the concept; base: the same for the original "
    "model; floor: for a model trained without the concept, or for the control if the probe gives "
    "a context; unprompted: the original model with an empty prompt in the same context; excess: "
    "difference to the control; n: prompt indices."
)
"""Meaning of the columns of a result."""

BOARD_LEGEND = (
    "In % [95 % interval, Bayesian bootstrap over prompts]. robustness: 100 = no probe beats a "
    "model trained without the concepts, 0 = some probe recovers them as often as from the "
    "original model; retention: how well other concepts are still generated, in % of the original "
    "model; score: harmonic mean of the two."
)
"""Meaning of the columns of a board."""


def report_of(result: Result) -> str:
    """The scores of a result and their legend; for a partial result short, without blank lines."""
    layouts = ", ".join(dict.fromkeys(one.identity.layout for one in result.checkpoints))
    made_by = "" if result.method is None else f", by {result.method}"
    if result.method is None and result.declared_method is not None:
        made_by = f", declared method {result.declared_method}"
    head = f"{result.name} ({layouts}{made_by}), {result.protocol}: {_time(result)}"
    parts = [f"{head} In % [95 % interval]."]
    for cell in result.cells:
        parts += _cell(cell)
    if result.score is not None and len(result.score.concepts) > 1:
        parts += [f"All {len(result.score.concepts)} ranked concepts", score_line(result.score)]
    if result.partial is None:
        return "\n\n".join([*parts, f"{LEGEND} {_resolution(result)}\n"])
    reasons = result.partial.replace(";", ",")
    parts.append(f"Partial result ({reasons}): not ranked. {_resolution(result)}")
    return "\n".join(parts)


def board_report(rows: Sequence[FlatRow], concept: str | None = None) -> str:
    """The rows of a board as tables, one for each protocol and seed set, and their legend.

    Args:
        rows: in order.
        concept: the erased concept that they are scored on; None for all ranked ones together.
    """
    parts = []
    for _, group in groupby(rows, key=lambda row: row.table):
        here = list(group)
        shown = tabulate(shown_rows(here), headers="keys", disable_numparse=True)
        parts += [f"{title_of(here, concept)}. {_noise(here)}", shown]
    return "\n\n".join([*parts, BOARD_LEGEND])


def title_of(rows: Sequence[FlatRow], concept: str | None) -> str:
    """The title of one table: protocol, seeds and concept."""
    protocol, seeds = rows[0].table
    title = f"{protocol}, {seeds} seeds"
    if concept is None:
        return title
    return f"{title}, {concept}{'' if any(row.concepts for row in rows) else ' (not ranked)'}"


def shown_rows(rows: Sequence[FlatRow]) -> list[dict[str, str]]:
    """The cells of one table by column, each as text; names show invisible characters."""
    placed = any(row.place for row in rows)
    known = any(row.worst_known for row in rows)
    return [_shown_row(row, placed=placed, known=known) for row in rows]


def score_line(score: RowScore) -> str:
    """Robustness, retention, score and verdict, or why they are missing."""
    robustness = score.robustness
    if robustness is None:
        return f"No robustness. {verdict_sentence(score)}"
    worst = " and ".join(dict.fromkeys(robustness.worst))
    values = [f"robustness {in_percent(robustness.value)} (worst probe: {worst})"]
    if score.retention is not None and score.retention.value is not None:
        values.append(f"retention {in_percent(score.retention.value)}")
    if score.score is not None:
        values.append(f"score {in_percent(score.score)}")
    return "; ".join(values) + f"\n{verdict_sentence(score)}"


def _shown_row(row: FlatRow, *, placed: bool, known: bool) -> dict[str, str]:
    scores = {name: getattr(row, name) for name in SCORES}
    counts = sorted({one.n for one in scores.values() if one is not None})
    method = row.method or ""
    if row.method is None and row.declared_method is not None:
        method = f"{row.declared_method} (declared)"
    cells = {"place": "-" if row.place is None else str(row.place)} if placed else {}
    cells |= {
        "submission": visible(row.name),
        "method": visible(method),
        "verdict": "-" if row.verdict is None else " + ".join(label_of(row.verdict)),
        **{name: "-" if one is None else in_percent(one) for name, one in scores.items()},
        "n": ", ".join(map(str, counts)),
        "concepts": str(len(row.concepts)),
    }
    if known:
        cells["worst known attack"] = _attacked(row)
    why = row.marks or (() if row.rank.score is not None else ("no score",))
    return cells | {"not ranked": ", ".join(why)}


def _attacked(row: FlatRow) -> str:
    """Robustness to the strongest submitted attack."""
    worst = row.worst_known
    if worst is None:
        return "-"
    attack = worst.replay.attack
    return f"{in_percent(worst.value)} {attack.concept}, by {visible(attack.finder.name)}"


def _noise(rows: Sequence[FlatRow]) -> str:
    """The smallest difference that the prompts behind some rows can show."""
    counts = [one.n for row in rows for one in row.rates.values() if one is not None]
    if not counts:
        return "No ranked concept was measured."
    worst = "for robustness and score, which depend on the worst probe, the limit is higher."
    return f"{_within_noise(min(counts))}; {worst}"


def _resolution(result: Result) -> str:
    """Differences that are too small for the number of prompt indices."""
    counts = {estimate.rate.n for cell in result.cells for estimate in cell.probes}
    return " ".join(f"{_within_noise(n)}." for n in sorted(counts))


def _within_noise(n: int) -> str:
    return (
        f"With n = {n}, differences below {percent(smallest_difference(n))} points are within noise"
    )


def _cell(cell: Cell) -> list[str]:
    """Table of the probes, table of retention, scores."""
    parts = []
    if cell.probes:
        columns = (cell.erased, "recovery", "base", "floor", "unprompted", "excess", "n")
        scored = {} if cell.score is None else {one.probe: one for one in cell.score.probes}
        rows = [_probe(estimate, scored.get(estimate.probe)) for estimate in cell.probes]
        parts.append(_table(rows, columns))
    if cell.retention is not None:
        parts.append(_table(_retention(cell.retention), ("retention", "% of base", "n")))
    if cell.score is not None:
        parts.append(score_line(cell.score))
    return parts


def _table(rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> str:
    return tabulate(rows, columns, tablefmt="plain", disable_numparse=True)


def _probe(estimate: ProbeEstimate, score: ProbeScore | None) -> tuple[str, ...]:
    """A row of the table; floor and excess of context probes are part of the scores."""
    floor = None if score is None else score.floor
    excess = estimate.excess if score is None else score.excess
    return (
        estimate.probe,
        in_percent(estimate.rate),
        in_percent(estimate.base_rate),
        *("" if one is None else in_percent(one) for one in (floor, estimate.unprompted, excess)),
        str(estimate.rate.n),
    )


def _retention(retention: RetentionEstimate) -> list[tuple[str, ...]]:
    rows = {
        "plain prompts": retention.plain,
        "paraphrases and paintings": retention.paraphrased,
        "probe conditions": retention.probed,
        "minimum": retention.value,
    }
    return [
        (name, "not measured", "") if ratio is None else (name, in_percent(ratio), str(ratio.n))
        for name, ratio in rows.items()
    ]


def _time(result: Result) -> str:
    timings = result.timings
    took = {timing.probe: timing.seconds + timing.preparing for timing in timings}
    images = sum(timing.samples for timing in timings)
    longest = sorted(took, key=lambda probe: -took[probe])[:3] if len(took) > 1 else ()
    shares = ", ".join(f"{probe} {duration(took[probe])}" for probe in longest)
    total = duration(sum(took.values()))
    return f"{images} images in {total}{'; longest: ' if shares else ''}{shares}."
