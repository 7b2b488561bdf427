"""A trace as a table for the terminal."""

from __future__ import annotations

from tabulate import tabulate

from erasebench.board.format import in_percent, with_interval
from erasebench.results.file import TraceFile
from erasebench.results.trace import Trace, TraceLabel, TracePoint

MEANINGS: dict[TraceLabel, str] = {
    "abrupt": "a single step makes up more than half of the change (lower 95 % bound).",
    "smooth": "no single step is shown to make up more than half of the change.",
    "no change": "the last point is no farther from the original model than chance allows.",
}
"""Meaning of each word."""

LEGEND = (
    "distance: between the mean CLIP embeddings of a point's images and the original model's, "
    "minus the part due to chance; recovery: images in which the judge recognises the concept, in "
    "%. [95 % interval]; every point uses the same {n} start latents."
)
"""Meaning of the columns."""


def trace_report(file: TraceFile) -> str:
    """The curve as a table, its word, and the legend."""
    identity, trace = file.identity, file.trace
    made_by = "" if identity.method is None else f", by {identity.method}"
    head = f"{identity.name} ({identity.layout}{made_by}), {file.protocol}, {trace.erased}"
    along = "λ" if trace.kind == "interpolation" else "updates"
    columns = (along, "distance", "recovery")
    table = tabulate(map(_row, trace.points), columns, disable_numparse=True)
    n = trace.points[0].distance.n
    return "\n\n".join((head, table, _word(trace, along), LEGEND.format(n=n)))


def _row(point: TracePoint) -> tuple[str, str, str]:
    judged = "not judged" if point.judge is None else in_percent(point.judge)
    return f"{point.position:g}", with_interval(point.distance), judged


def _word(trace: Trace, along: str) -> str:
    said = f"{trace.word.capitalize()}: {MEANINGS[trace.word]}"
    if trace.steepest is None:
        return f"{said} Chance exceeds {trace.chance:.3f} in 1 of 20 cases."
    step = trace.steepest
    return (
        f"{said} The steepest step, {along} {step.start:g} to {step.end:g}: "
        f"{in_percent(step.share, unit='%')} of the change."
    )
