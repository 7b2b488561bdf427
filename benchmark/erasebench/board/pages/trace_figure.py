"""Layout of a trace's curves, which a template writes as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from erasebench.results.outcome import Estimate
from erasebench.results.trace import Trace

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Distances between two ticks of the axis."""

_MOST_MARKS = 4
"""Most ticks above 0 of the vertical axis, and between the ends of the other."""


@dataclass(frozen=True)
class Frame:
    """Size and axes of one panel.

    A unit is about a pixel, also on a phone, where panels are stacked; so text keeps its size.
    """

    width: int = 340
    height: int = 190
    left: int = 40
    right: int = 328
    top: int = 10
    bottom: int = 150


_FRAME = Frame()


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: position and label."""

    at: float
    word: str


@dataclass(frozen=True)
class Panel:
    """One curve with its band.

    Attributes:
        dots: (x, y) of each point.
        line: the dots as the points of a polyline.
        band: lows and highs as those of a polygon.
        upward: ticks of the vertical axis.
    """

    dots: tuple[tuple[float, float], ...]
    line: str
    band: str
    upward: tuple[Tick, ...]


@dataclass(frozen=True)
class TraceFigure:
    """Both panels of a trace; they share their axis of positions.

    Attributes:
        frame: of both panels.
        along: label of the axis of positions.
        across: ticks of that axis.
        distance: the distances.
        judge: recovery rates; None where there is no judge.
        steep: number of the point before the steepest step; None without a change.
    """

    frame: Frame
    along: str
    across: tuple[Tick, ...]
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
            Tick(round(column, 1), f"{position:g}")
            for column, position in list(zip(columns, positions, strict=True))[::every]
        ),
        distance=_panel(columns, distances, _ladder(distances), lambda value: f"{value:.2g}"),
        judge=_panel(columns, judged, (0.0, 0.25, 0.5, 0.75, 1.0), lambda share: f"{100 * share:g}")
        if judged
        else None,
        steep=steep,
    )


def _ladder(distances: Sequence[Estimate]) -> tuple[float, ...]:
    """Ticks at round numbers, from 0 to above the highest interval."""
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

    dots, lows, highs = (
        [(column, row(value)) for column, value in zip(columns, values, strict=True)]
        for values in zip(*((one.value, one.low, one.high) for one in estimates), strict=True)
    )
    return Panel(
        dots=tuple((round(x, 1), round(y, 1)) for x, y in dots),
        line=_points(dots),
        band=_points([*lows, *reversed(highs)]),
        upward=tuple(Tick(round(row(value), 1), word_of(value)) for value in ladder),
    )


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
