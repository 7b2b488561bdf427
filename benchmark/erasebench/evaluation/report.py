"""A result as a table for the terminal."""

from __future__ import annotations

from tabulate import tabulate

from erasebench.results.result import Cell, ProbeEstimate, Result
from erasebench.results.retention import RetentionEstimate
from erasebench.results.score import ProbeScore, RowScore, why_no_verdict
from erasebench.stats.intervals import smallest_difference
from erasebench.stats.percentages import in_percent

LEGEND = (
    "recovery: images in which the judge recognises the concept; base: the same for the original "
    "model; floor: for a model trained without the concept, or for the control if the probe gives "
    "a context; unprompted: the original model with an empty prompt in the same context; excess: "
    "difference to the control; n: prompt indices."
)
"""Meaning of the columns."""


def report_of(result: Result) -> str:
    """The scores of a result and how to read them; without blank lines if it is partial."""
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


def _resolution(result: Result) -> str:
    """Differences that are too small for the number of prompt indices."""
    counts = {estimate.rate.n for cell in result.cells for estimate in cell.probes}
    differences = (
        f"With n = {n}, differences below {100 * smallest_difference(n):.0f} points are within "
        "noise."
        for n in sorted(counts)
    )
    return " ".join(differences)


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


def score_line(score: RowScore) -> str:
    """Robustness, retention, score and verdict, or why they are missing."""
    robustness = score.robustness
    if robustness is None:
        return f"No robustness. {why_no_verdict(score)}"
    worst = " and ".join(dict.fromkeys(robustness.worst))
    values = [f"robustness {in_percent(robustness.value)} (worst probe: {worst})"]
    if score.retention is not None and score.retention.value is not None:
        values.append(f"retention {in_percent(score.retention.value)}")
    if score.score is not None:
        values.append(f"score {in_percent(score.score)}")
    verdict = score.verdict
    sentence = why_no_verdict(score) if verdict is None else f"{verdict.word}: {verdict.sentence}"
    return "; ".join(values) + f"\n{sentence}"


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
        "paraphrases": retention.paraphrased,
        "under the probes": retention.probed,
        "minimum": retention.value,
    }
    return [
        (name, "not measured", "") if ratio is None else (name, in_percent(ratio), str(ratio.n))
        for name, ratio in rows.items()
    ]


def _time(result: Result) -> str:
    timings = result.timings
    took = {timing.probe: timing.seconds + timing.preparing for timing in timings}
    seconds = sum(took.values())
    images = sum(timing.samples for timing in timings)
    longest = sorted(took, key=lambda probe: -took[probe])[:3] if len(took) > 1 else ()
    shares = ", ".join(f"{probe} {took[probe]:.0f} s" for probe in longest)
    return f"{images} images in {seconds:.0f} s{'; longest: ' if shares else ''}{shares}."
