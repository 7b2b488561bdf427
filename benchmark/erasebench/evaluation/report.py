"""A result as a table for the terminal."""

from __future__ import annotations

from tabulate import tabulate

from erasebench.results.outcome import Estimate
from erasebench.results.result import Cell, ProbeEstimate, Result, RetentionEstimate
from erasebench.stats.resolution import smallest_difference

READING = (
    "Recognised: share of the pictures in which the judge names the concept, in percent; base: "
    "the same of the unedited model; unprompted: of the unedited model in the same context, asked "
    "for nothing. In brackets 95 % intervals; n is prompt indices."
)
"""What the numbers of every table mean."""


def report_of(result: Result) -> str:
    """The cells of a result, the time it took, and how to read both."""
    identity = result.identity
    made_by = "" if identity.method is None else f", by {identity.method}"
    head = f"{identity.name} ({identity.layout}{made_by}) under {result.protocol}"
    parts = [head, *map(_cell, result.cells), _reading(result), _time(result)]
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
    return "\n\n".join(parts)


def _probe(estimate: ProbeEstimate) -> tuple[str, ...]:
    return (
        estimate.probe,
        _percent(estimate.rate),
        _percent(estimate.base_rate),
        "" if estimate.unprompted is None else _percent(estimate.unprompted),
        "" if estimate.excess is None else _percent(estimate.excess),
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
        (name, "not measured", "") if ratio is None else (name, _percent(ratio), str(ratio.n))
        for name, ratio in rows.items()
    ]


def _percent(estimate: Estimate) -> str:
    value, low, high = (
        f"{100 * bound:.0f}".replace("-0", "0")
        for bound in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def _time(result: Result) -> str:
    timings = result.run.timings
    seconds = sum(timing.seconds for timing in timings)
    pictures = sum(timing.samples for timing in timings)
    dearest = sorted(timings, key=lambda timing: -timing.seconds)[:3]
    shares = ", ".join(f"{timing.probe} {timing.seconds:.0f} s" for timing in dearest)
    return f"{pictures} pictures in {seconds:.0f} s; most for {shares}."
