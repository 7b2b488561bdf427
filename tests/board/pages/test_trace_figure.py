"""The drawing of a trace: where its points lie, and what the page says of it."""

from __future__ import annotations

import re

import pytest

from erasebench.board.pages.render import render_site, site_folder
from erasebench.board.pages.trace_figure import trace_figure
from erasebench.results.outcome import Estimate
from erasebench.results.trace import SteepestStep, Trace, TracePoint
from tests.board.example_run import example_result, made_entry
from tests.board.html_page import Html


def estimate(value: float, low: float, high: float) -> Estimate:
    """Of sixteen seeds."""
    return Estimate(value=value, low=low, high=high, n=16, method="any")


def made(values: tuple[float, ...], *, judged: bool = True, moved: bool = True) -> Trace:
    """A trace through some distances, each in an interval of a tenth to both sides."""
    points = tuple(
        TracePoint(
            position=place / (len(values) - 1),
            distance=estimate(value, max(value - 0.1, 0), value + 0.1 if place else 0.0),
            judge=estimate(1 - place / 10, 0.0, 1.0) if judged else None,
        )
        for place, value in enumerate(values)
    )
    steepest = SteepestStep(
        start=points[1].position, end=points[2].position, share=estimate(0.75, 0.6, 0.9)
    )
    return Trace(
        kind="interpolation",
        erased="church",
        points=points,
        chance=0.0123,
        steepest=steepest if moved else None,
        word="abrupt" if moved else "no change",
    )


CURVE = (0.0, 0.1, 0.7, 0.8, 0.7)


def test_points_lie_where_their_figures_put_them() -> None:
    """Across by position, up by distance: half the way across, 0.7 of the axis' 0.9 upwards."""
    figure = trace_figure(made(CURVE))
    frame, dots = figure.frame, figure.distance.dots
    ladder = [float(mark.word) for mark in figure.distance.upward]

    assert ladder == [0, 0.5, 1]
    assert dots[0] == (frame.left, frame.bottom)
    assert dots[-1][0] == frame.right
    across, up = dots[2]
    assert across == pytest.approx((frame.left + frame.right) / 2)
    assert up == pytest.approx(frame.bottom - 0.7 * (frame.bottom - frame.top), abs=0.1)


def test_band_runs_along_the_lows_and_back_along_the_highs() -> None:
    """A polygon of twice as many corners as points, closed at the first."""
    figure = trace_figure(made(CURVE))
    corners = [tuple(map(float, corner.split(","))) for corner in figure.distance.band.split()]
    rows = [up for _, up in corners]

    assert len(corners) == 2 * len(CURVE)
    assert [across for across, _ in corners] == [
        across for across, _ in (*figure.distance.dots, *reversed(figure.distance.dots))
    ]
    for place, (_, up) in enumerate(figure.distance.dots):
        assert rows[-1 - place] <= up <= rows[place]


@pytest.mark.parametrize("highest", [0.004, 0.05, 0.13, 0.36, 0.9, 1.6, 1.9])
def test_axis_has_round_marks_and_room_for_all(highest: float) -> None:
    """From 0 to above the highest interval, in at most four steps, each with a word of its own."""
    figure = trace_figure(made((0.0, 0.0, 0.0, highest - 0.1 if highest > 0.1 else 0.0)))
    words = [mark.word for mark in figure.distance.upward]
    heights = [float(corner.split(",")[1]) for corner in figure.distance.band.split()]

    assert 2 <= len(words) <= 5
    assert len(set(words)) == len(words)
    assert min(heights) >= figure.frame.top


def test_many_positions_do_not_crowd_the_axis() -> None:
    """Of eleven points every second is written, the first and the last among them."""
    figure = trace_figure(made(tuple(place / 20 for place in range(11))))

    assert [mark.word for mark in figure.across] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_judge_s_panel_goes_from_none_to_all() -> None:
    """In percent; without a judge there is no panel."""
    judged, unjudged = (
        trace_figure(made(CURVE)).judge,
        trace_figure(made(CURVE, judged=False)).judge,
    )

    assert judged is not None
    assert [mark.word for mark in judged.upward] == ["0", "25", "50", "75", "100"]
    assert unjudged is None


def test_page_shows_the_trace_of_a_cell_that_has_one() -> None:
    """Every figure in words with its interval, the word, and a curve each."""
    page, text = page_of(made(CURVE))

    assert [tag for tag, _ in page.elements].count("polyline") == 2
    assert "Abrupt: the steepest step (λ 0.25 to 0.5) makes up 75 % [60, 90] of the change." in text
    assert "Same 16 start latents" in text
    for value, low, high in ((0.1, 0.0, 0.2), (0.7, 0.6, 0.8)):
        assert f"{value:.3f} [{low:.3f}, {high:.3f}]" in text
    assert "../docs/probes/tracing.html" in page.links


def test_page_says_where_nothing_has_moved() -> None:
    """And then marks no step."""
    page, text = page_of(made(CURVE, moved=False, judged=False))

    assert "No change: the last point is no farther from the original model than chance" in text
    assert not [one for _, one in page.elements if one.get("class") == "steep"]
    assert [tag for tag, _ in page.elements].count("polyline") == 1


def test_page_of_a_cell_without_a_trace_has_none() -> None:
    """No empty drawing stands for what was not traced."""
    page, text = page_of(None)

    assert "Interpolating from the original" not in text
    assert "polyline" not in [tag for tag, _ in page.elements]


def page_of(trace: Trace | None) -> tuple[Html, str]:
    """A submission's page, parsed, and its text in one line."""
    result = example_result(limit=2, probes=("standard_prompt",))
    cells = tuple(cell.model_copy(update={"trace": trace}) for cell in result.cells)
    entry = made_entry(result.model_copy(update={"cells": cells}))
    page = Html(render_site([entry], site_folder())[f"{entry.place}.html"].decode())
    return page, re.sub(r"\s+", " ", page.text)
