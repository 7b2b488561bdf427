"""A trace as a table for the terminal."""

from __future__ import annotations

from tabulate import tabulate

from erasebench.results.trace import Trace, TracePoint, TraceWord
from erasebench.results.trace_file import TraceFile
from erasebench.stats.percentages import in_percent

MEANINGS: dict[TraceWord, str] = {
    "abrupt": "one step carries more than half of the way, even at the lower end of its interval.",
    "smooth": "no single step is shown to carry more than half of the way.",
    "no change": "the last point lies no farther from the base than chance alone may put it.",
}
"""What each word says of a curve."""

READING = (
    "Distance: of the mean CLIP embedding of a point's pictures to the base's, without what chance "
    "adds; recognised: share of the pictures in which the judge names the concept, in percent. In "
    "brackets 95 % intervals; every point is drawn from the same {n} start latents."
)
"""What the numbers of the table mean."""


def trace_report(file: TraceFile) -> str:
    """The curve as a table, its word, and how to read both."""
    identity, trace = file.identity, file.trace
    made_by = "" if identity.method is None else f", by {identity.method}"
    head = f"{identity.name} ({identity.layout}{made_by}) under {file.protocol}"
    along = "λ" if trace.kind == "interpolation" else "updates"
    columns = (along, "distance", "recognised")
    table = tabulate(map(_row, trace.points), columns, disable_numparse=True)
    n = trace.points[0].distance.n
    return "\n\n".join((f"{head}: {trace.erased}", table, _word(trace, along), READING.format(n=n)))


def _row(point: TracePoint) -> tuple[str, str, str]:
    judged = "not judged" if point.judge is None else in_percent(point.judge)
    distance = point.distance
    return (
        f"{point.position:g}",
        f"{distance.value:.3f} [{distance.low:.3f}, {distance.high:.3f}]",
        judged,
    )


def _word(trace: Trace, along: str) -> str:
    said = f"{trace.word.capitalize()}: {MEANINGS[trace.word]}"
    if trace.steepest is None:
        return f"{said} Chance reaches {trace.chance:.3f} in 1 of 20 cases."
    step = trace.steepest
    return (
        f"{said} The steepest, from {along} {step.start:g} to {step.end:g}, carries "
        f"{in_percent(step.share)} percent of the greatest distance."
    )
