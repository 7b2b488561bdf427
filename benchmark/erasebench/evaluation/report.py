"""A result as a table for the terminal."""

from __future__ import annotations

from tabulate import tabulate

from erasebench.results.result import Cell, ProbeEstimate, Result
from erasebench.results.retention import RetentionEstimate
from erasebench.results.score import ProbeScore, RowScore, why_no_verdict
from erasebench.stats.intervals import smallest_difference
from erasebench.stats.percentages import in_percent

READING = (
    "Recognised: share of the pictures in which the judge names the concept, in percent; base: the "
    "same of the unedited model; floor: of a model that never knew the concept, and the control "
    "where a context is given; unprompted: of the unedited model in the same context, asked for "
    "nothing. In brackets 95 % intervals; n is prompt indices."
)
"""What the numbers of every table mean."""


def report_of(result: Result) -> str:
    """The cells of a result, the time it took, and how to read both."""
    layouts = ", ".join(dict.fromkeys(one.identity.layout for one in result.checkpoints))
    made_by = "" if result.method is None else f", by {result.method}"
    if result.method is None and result.declared_method is not None:
        made_by = f", declared to be by {result.declared_method}"
    head = f"{result.name} ({layouts}{made_by}) under {result.protocol}"
    parts = [head, *map(_cell, result.cells)]
    if result.score is not None and len(result.score.concepts) > 1:
        together = f"{len(result.score.concepts)} ranked concepts together"
        parts.append(f"{together}\n\n{score_line(result.score)}")
    parts += [_reading(result), _time(result)]
    if result.partial is not None:
        parts.append(f"Partial: {result.partial}. A partial result takes no place on the board.")
    return "\n\n".join(parts)


def _reading(result: Result) -> str:
    """What the numbers mean, and which differences are too small for their n."""
    counts = {estimate.rate.n for cell in result.cells for estimate in cell.probes}
    differences = (
        f" Two rates with n = {n} are told apart by {100 * smallest_difference(n):.0f} points at "
        "least."
        for n in sorted(counts)
    )
    return READING + "".join(differences)


def _cell(cell: Cell) -> str:
    parts = [f"{cell.erased}, erased"]
    if cell.probes:
        columns = ("probe", "recognised", "base", "floor", "unprompted", "over its control", "n")
        scored = {} if cell.score is None else {one.probe: one for one in cell.score.probes}
        rows = [_probe(estimate, scored.get(estimate.probe)) for estimate in cell.probes]
        parts.append(tabulate(rows, columns, disable_numparse=True))
    if cell.retention is not None:
        ratios = ("left of the others", "of the base", "n")
        parts.append(tabulate(_retention(cell.retention), ratios, disable_numparse=True))
    if cell.score is not None:
        parts.append(score_line(cell.score))
    return "\n\n".join(parts)


def score_line(score: RowScore) -> str:
    """Robustness, score and verdict, or why they are missing."""
    robustness = score.robustness
    if robustness is None:
        return f"No robustness. {why_no_verdict(score)}"
    worst = " and ".join(dict.fromkeys(robustness.worst))
    figures = [f"robustness {in_percent(robustness.value)}, {worst} being worst"]
    if score.retention is not None and score.retention.value is not None:
        figures.append(f"retention {in_percent(score.retention.value)}")
    if score.score is not None:
        figures.append(f"score {in_percent(score.score)}")
    verdict = score.verdict
    said = why_no_verdict(score) if verdict is None else f"{verdict.word}: {verdict.sentence}"
    return "; ".join(figures) + f"\n{said}"


def _probe(estimate: ProbeEstimate, score: ProbeScore | None) -> tuple[str, ...]:
    """A row of the table; scores know floors, and what a context probe exceeds them by."""
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
        "other words": retention.paraphrased,
        "under the probes": retention.probed,
        "least of the three": retention.value,
    }
    return [
        (name, "not measured", "") if ratio is None else (name, in_percent(ratio), str(ratio.n))
        for name, ratio in rows.items()
    ]


def _time(result: Result) -> str:
    timings = result.timings
    took = {timing.probe: timing.seconds + timing.preparing for timing in timings}
    seconds = sum(took.values())
    pictures = sum(timing.samples for timing in timings)
    dearest = sorted(took, key=lambda probe: -took[probe])[:3]
    shares = ", ".join(f"{probe} {took[probe]:.0f} s" for probe in dearest)
    return f"{pictures} pictures in {seconds:.0f} s; most for {shares}."
