"""Tables for the terminal: one result, the rows of a board, a trace."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from erasebench.board.footnotes import label_of, verdict_sentence
from erasebench.board.format import duration, in_percent, percent, visible, with_interval
from erasebench.board.probe_rows import rows_of_cell
from erasebench.board.rows import Row, tables_of_rows
from erasebench.results.file import TraceFile
from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, Result
from erasebench.results.score import RetentionEstimate, RowScore
from erasebench.results.trace import Trace, TraceLabel, TracePoint
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


TRACE_MEANINGS: dict[TraceLabel, str] = {
    "abrupt": "a single step makes up more than half of the change (lower 95 % bound).",
    "smooth": "no single step is shown to make up more than half of the change.",
    "no change": "the last point is no farther from the original model than chance allows.",
}
"""Meaning of each word on a trace."""

TRACE_LEGEND = (
    "distance: between the mean CLIP embeddings of a point's images and the original model's, "
    "minus the part due to chance; recovery: images in which the judge recognises the concept, in "
    "%. [95 % interval]; every point uses the same {n} start latents."
)
"""Meaning of the columns of a trace."""


def report_of(result: Result) -> str:
    """The scores of a result and their legend; for a partial result short, without blank lines."""
    layouts = ", ".join(dict.fromkeys(one.identity.layout for one in result.checkpoints))
    made_by = "" if result.method is None else f", by {result.method}"
    if result.method is None and result.declared_method is not None:
        made_by = f", declared method {result.declared_method}"
    head = f"{result.name} ({layouts}{made_by}), {result.protocol}: {_time(result)}"
    parts = [f"{head} In % [95 % interval]."]
    for cell in result.cells:
        parts += _cell(cell, result)
    if result.score is not None and len(result.score.concepts) > 1:
        parts += [f"All {len(result.score.concepts)} ranked concepts", score_line(result.score)]
    if result.partial is None:
        return "\n\n".join([*parts, f"{LEGEND} {_resolution(result)}\n"])
    reasons = result.partial.replace(";", ",")
    parts.append(f"Partial result ({reasons}): not ranked. {_resolution(result)}")
    return "\n".join(parts)


def board_report(rows: Sequence[Row], concept: str | None = None) -> str:
    """The rows of a board as tables, one for each protocol and seed set, and their legend.

    Args:
        rows: in order.
        concept: the erased concept that they are scored on; None for all ranked ones together.
    """
    parts = []
    for table in tables_of_rows(rows):
        shown = tabulate(shown_rows(table), headers="keys", disable_numparse=True)
        parts += [f"{title_of(table, concept)}. {_noise(table)}", shown]
    return "\n\n".join([*parts, BOARD_LEGEND])


def trace_report(file: TraceFile) -> str:
    """The curve as a table, its word, and the legend."""
    identity, trace = file.identity, file.trace
    made_by = "" if identity.method is None else f", by {identity.method}"
    head = f"{identity.name} ({identity.layout}{made_by}), {file.protocol}, {trace.erased}"
    along = "λ" if trace.kind == "interpolation" else "updates"
    columns = (along, "distance", "recovery")
    table = tabulate(map(_point, trace.points), columns, disable_numparse=True)
    n = trace.points[0].distance.n
    return "\n\n".join((head, table, _trace_word(trace, along), TRACE_LEGEND.format(n=n)))


def title_of(rows: Sequence[Row], concept: str | None) -> str:
    """The title of one table: protocol, seeds and concept."""
    protocol, seeds = rows[0].table
    title = f"{protocol}, {seeds} seeds"
    if concept is None:
        return title
    return f"{title}, {concept}{'' if any(row.concepts for row in rows) else ' (not ranked)'}"


def shown_rows(rows: Sequence[Row]) -> list[dict[str, str]]:
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


def _shown_row(row: Row, *, placed: bool, known: bool) -> dict[str, str]:
    result, estimates = row.entry.result, row.estimates
    counts = sorted({one.n for one in estimates.values() if one is not None})
    method = result.method or ""
    if result.method is None and result.declared_method is not None:
        method = f"{result.declared_method} (declared)"
    cells = {"place": "-" if row.place is None else str(row.place)} if placed else {}
    cells |= {
        "submission": visible(row.name),
        "method": visible(method),
        "verdict": "-" if row.verdict is None else " + ".join(label_of(row.verdict)),
        **{name: _shown(one, "-") for name, one in estimates.items()},
        "n": ", ".join(map(str, counts)),
        "concepts": str(len(row.concepts)),
    }
    if known and (worst := row.worst_known) is not None:
        attack = worst.replay.attack
        by = f"{attack.concept}, by {visible(attack.finder.name)}"
        cells["worst known attack"] = f"{in_percent(worst.value)} {by}"
    elif known:
        cells["worst known attack"] = "-"
    why = row.marks or (() if row.rank.score is not None else ("no score",))
    return cells | {"not ranked": ", ".join(why)}


def _shown(estimate: Estimate | None, missing: str = "") -> str:
    return missing if estimate is None else in_percent(estimate)


def _noise(rows: Sequence[Row]) -> str:
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


def _cell(cell: Cell, result: Result) -> list[str]:
    """Table of the probes, table of retention, scores."""
    parts = []
    if cell.probes:
        columns = (cell.erased, "recovery", "base", "floor", "unprompted", "excess", "n")
        rows = [
            (
                row.facts.name,
                *map(_shown, (row.rate, row.base, row.floor, row.unprompted, row.excess)),
                str(row.rate.n),
            )
            for row in rows_of_cell(cell, result)
            if row.rate is not None
        ]
        parts.append(_table(rows, columns))
    if cell.retention is not None:
        parts.append(_table(_retention(cell.retention), ("retention", "% of base", "n")))
    if cell.score is not None:
        parts.append(score_line(cell.score))
    return parts


def _table(rows: Sequence[tuple[str, ...]], columns: tuple[str, ...]) -> str:
    return tabulate(rows, columns, tablefmt="plain", disable_numparse=True)


def _retention(retention: RetentionEstimate) -> list[tuple[str, str, str]]:
    rows = {
        "plain prompts": retention.plain,
        "paraphrases and paintings": retention.paraphrased,
        "probe conditions": retention.probed,
        "minimum": retention.value,
    }
    return [
        (name, _shown(ratio, "not measured"), "" if ratio is None else str(ratio.n))
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


def _point(point: TracePoint) -> tuple[str, str, str]:
    judged = "not judged" if point.judge is None else in_percent(point.judge)
    return f"{point.position:g}", with_interval(point.distance), judged


def _trace_word(trace: Trace, along: str) -> str:
    said = f"{trace.word.capitalize()}: {TRACE_MEANINGS[trace.word]}"
    if trace.steepest is None:
        return f"{said} Chance exceeds {trace.chance:.3f} in 1 of 20 cases."
    step = trace.steepest
    return (
        f"{said} The steepest step, {along} {step.start:g} to {step.end:g}: "
        f"{in_percent(step.share, unit='%')} of the change."
    )
