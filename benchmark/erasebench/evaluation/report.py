"""A result as a table for the terminal."""

from __future__ import annotations

from tabulate import tabulate

from erasebench.evaluation.percentages import in_percent
from erasebench.results.result import Cell, ProbeEstimate, Result
from erasebench.results.retention import RetentionEstimate
from erasebench.results.score import RowScore
from erasebench.stats.resolution import smallest_difference

LACKING = ("missing", "no reference", "no span", "failed")
"""What ranked probes may be that leaves a row without robustness."""

READING = (
    "Recognised: share of the pictures in which the judge names the concept, in percent; base: "
    "the same of the unedited model; unprompted: of the unedited model in the same context, asked "
    "for nothing. In brackets 95 % intervals; n is prompt indices."
)
"""What the numbers of every table mean."""


def report_of(result: Result) -> str:
    """The cells of a result, the time it took, and how to read both."""
    layouts = ", ".join(dict.fromkeys(one.identity.layout for one in result.checkpoints))
    made_by = "" if result.method is None else f", by {result.method}"
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
        columns = ("probe", "recognised", "base", "unprompted", "over its control", "n")
        parts.append(tabulate(map(_probe, cell.probes), columns, disable_numparse=True))
    if cell.retention is not None:
        ratios = ("left of the others", "of the base", "n")
        parts.append(tabulate(_retention(cell.retention), ratios, disable_numparse=True))
    if cell.score is not None:
        parts.append(score_line(cell.score))
    return "\n\n".join(parts)


def score_line(score: RowScore) -> str:
    """Robustness, score and verdict, or why there are none."""
    robustness = score.robustness
    if robustness is None:
        by_standing: dict[str, list[str]] = {}
        for probe in score.probes:
            by_standing.setdefault(probe.standing, []).append(probe.probe)
        lacking = [
            f"{word} ({', '.join(names)})" for word in LACKING if (names := by_standing.get(word))
        ]
        return f"No robustness: ranked probes are {'; '.join(lacking)}."
    worst = " and ".join(dict.fromkeys(robustness.worst))
    figures = [f"robustness {in_percent(robustness.value)}, {worst} being worst"]
    if score.retention is not None and score.retention.value is not None:
        figures.append(f"retention {in_percent(score.retention.value)}")
    if score.score is not None:
        figures.append(f"score {in_percent(score.score)}")
    verdict = "" if score.verdict is None else f"\n{score.verdict.word}: {score.verdict.sentence}"
    return "; ".join(figures) + verdict


def _probe(estimate: ProbeEstimate) -> tuple[str, ...]:
    return (
        estimate.probe,
        in_percent(estimate.rate),
        in_percent(estimate.base_rate),
        "" if estimate.unprompted is None else in_percent(estimate.unprompted),
        "" if estimate.excess is None else in_percent(estimate.excess),
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
