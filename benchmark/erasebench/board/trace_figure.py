"""The drawing of a trace: where its curves lie, for a template to write as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from erasebench.results.outcome import Estimate
from erasebench.results.trace import Trace

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Distances between two marks of the axis."""

_MOST_MARKS = 4
"""Above 0 of an upward axis, and between the ends of the other."""


@dataclass(frozen=True)
class Frame:
    """One panel: its size, and where its axes lie.

    On a page a unit is about a pixel, on a telephone too, where panels stand one above the other;
    so words keep their size.
    """

    width: int = 340
    height: int = 190
    left: int = 40
    right: int = 328
    top: int = 10
    bottom: int = 150


_FRAME = Frame()


@dataclass(frozen=True)
class Mark:
    """A mark of an axis: where it lies along it, and what stands there."""

    at: float
    word: str


@dataclass(frozen=True)
class Panel:
    """One curve with its band.

    Attributes:
        dots: (x, y) of each point.
        line: the dots as the points of a polyline.
        band: lows and highs as those of a polygon.
        upward: marks of the upward axis.
    """

    dots: tuple[tuple[float, float], ...]
    line: str
    band: str
    upward: tuple[Mark, ...]


@dataclass(frozen=True)
class TraceFigure:
    """Both panels of a trace; they share their axis of positions.

    Attributes:
        frame: of either panel.
        along: what the positions are, in a word.
        across: marks of the axis of positions.
        distance: the distances.
        judge: shares of recognised pictures; None where there is no judge.
        steep: number of the point before the steepest step; None where nothing has moved.
    """

    frame: Frame
    along: str
    across: tuple[Mark, ...]
    distance: Panel
    judge: Panel | None
    steep: int | None


def trace_figure(trace: Trace) -> TraceFigure:
    """Lays a trace out; equal traces give equal figures."""
    positions = [point.position for point in trace.points]
    wide = _FRAME.right - _FRAME.left
    columns = [_FRAME.left + wide * position / positions[-1] for position in positions]
    distances = [point.distance for point in trace.points]
    judged = [point.judge for point in trace.points if point.judge is not None]
    every = math.ceil((len(positions) - 1) / (_MOST_MARKS + 1))
    steep = None
    if trace.steepest is not None:
        steep = positions.index(trace.steepest.start)
    return TraceFigure(
        frame=_FRAME,
        along="λ" if trace.kind == "interpolation" else "updates",
        across=tuple(
            Mark(round(column, 1), f"{position:g}")
            for column, position in list(zip(columns, positions, strict=True))[::every]
        ),
        distance=_panel(columns, distances, _ladder(distances), lambda value: f"{value:.2g}"),
        judge=_panel(columns, judged, (0.0, 0.25, 0.5, 0.75, 1.0), lambda share: f"{100 * share:g}")
        if judged
        else None,
        steep=steep,
    )


def _ladder(distances: Sequence[Estimate]) -> tuple[float, ...]:
    """Marks from 0 to above the highest end of an interval, at round numbers."""
    highest = max(*(distance.high for distance in distances), _STEPS[0])
    step = next(step for step in _STEPS if highest <= _MOST_MARKS * step)
    return tuple(step * number for number in range(math.ceil(highest / step) + 1))


def _panel(
    columns: Sequence[float],
    estimates: Sequence[Estimate],
    ladder: tuple[float, ...],
    word_of: Callable[[float], str],
) -> Panel:
    def row(value: float) -> float:
        return _FRAME.bottom - (_FRAME.bottom - _FRAME.top) * value / ladder[-1]

    dots = [
        (column, row(estimate.value)) for column, estimate in zip(columns, estimates, strict=True)
    ]
    lows = [
        (column, row(estimate.low)) for column, estimate in zip(columns, estimates, strict=True)
    ]
    highs = [
        (column, row(estimate.high)) for column, estimate in zip(columns, estimates, strict=True)
    ]
    return Panel(
        dots=tuple((round(x, 1), round(y, 1)) for x, y in dots),
        line=_points(dots),
        band=_points([*lows, *reversed(highs)]),
        upward=tuple(Mark(round(row(value), 1), word_of(value)) for value in ladder),
    )


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
