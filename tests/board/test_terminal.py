"""Tables for the terminal."""

from __future__ import annotations

import pytest

from erasebench.board.rows import rows_of
from erasebench.board.terminal import board_report, report_of, trace_report
from erasebench.results.file import TraceFile
from erasebench.results.outcome import Estimate
from erasebench.results.result import Declaration, Identity, Result
from erasebench.results.trace import SteepestStep, Trace, TraceLabel, TracePoint
from tests.board.example_run import Example, example_result, made_entry
from tests.example_environment import ENVIRONMENT


def line_of(report: str, start: str) -> str:
    """The one line that starts with these words."""
    (line,) = [line for line in report.splitlines() if line.startswith(start)]
    return line


def test_each_rate_stands_with_interval_base_excess_and_n(scored: Result) -> None:
    """No number without its interval and its n."""
    cell = scored.cells[0]
    noise = next(estimate for estimate in cell.probes if estimate.probe == "noise")
    rate = Estimate(value=0.254, low=0.1, high=0.5, n=24, method="by hand")
    base = Estimate(value=1, low=0.986, high=1, n=24, method="by hand")
    excess = Estimate(value=-0.05, low=-0.25, high=0.1, n=24, method="by hand")
    noise = noise.model_copy(
        update={"rate": rate, "base_rate": base, "unprompted": rate, "excess": excess}
    )
    report = report_of(
        scored.model_copy(
            update={"cells": (cell.model_copy(update={"probes": (noise,), "score": None}),)}
        )
    )

    words = " ".join(line_of(report, "noise").split())
    assert words == "noise 25 [10, 50] 100 [99, 100] 25 [10, 50] -5 [-25, 10] 24"


def test_what_was_not_measured_is_said_and_is_no_number(scored: Result) -> None:
    """A ratio that is missing is neither 0 nor 100."""
    cell = scored.cells[0]
    assert cell.retention is not None
    retention = cell.retention.model_copy(update={"probed": None, "value": None})
    report = report_of(
        scored.model_copy(update={"cells": (cell.model_copy(update={"retention": retention}),)})
    )

    assert line_of(report, "probe conditions").split()[2:] == ["not", "measured"]
    assert line_of(report, "minimum").split()[1:] == ["not", "measured"]


def test_a_partial_result_says_so_and_a_full_one_does_not(scored: Result) -> None:
    """The reasons stand under the table."""
    partial = report_of(scored.model_copy(update={"partial": "limit 4"}))
    full = report_of(scored.model_copy(update={"partial": None}))

    assert "Partial result (limit 4): not ranked." in partial
    assert "artial" not in full


def test_a_declared_method_is_marked_as_declared(scored: Result) -> None:
    """Where the checkpoint names none."""
    (only,) = scored.checkpoints
    silent = only.model_copy(update={"identity": only.identity.model_copy(update={"method": None})})
    declared = Declaration(name="a", method="ESD-x", licence="MIT")
    update = {"checkpoints": (silent,), "declared": declared}

    assert "declared method ESD-x)" in report_of(scored.model_copy(update=update))


def test_time_is_the_sum_over_probes(scored: Result) -> None:
    """Images and time of the whole run."""
    samples = sum(timing.samples for timing in scored.timings)

    assert f"{samples} images in" in report_of(scored)


def test_the_smallest_difference_that_n_can_show_is_given(scored: Result) -> None:
    """At 24 prompt indices 28 points, at 6 twice as many: 1.96 · sqrt(0.5 / n)."""
    cell = scored.cells[0]
    first = cell.probes[0]
    probes = tuple(
        first.model_copy(update={"rate": first.rate.model_copy(update={"n": n})}) for n in (24, 6)
    )
    report = report_of(
        scored.model_copy(update={"cells": (cell.model_copy(update={"probes": probes}),)})
    )

    assert "With n = 6, differences below 57 points" in report
    assert "With n = 24, differences below 28 points" in report


def test_rows_of_a_board_have_places_and_reasons_for_none(scored: Result) -> None:
    """A row without a place says why, and no name moves the cursor."""
    part = example_result(Example(name="mi\x07ne"), limit=2, probes=("standard_prompt",))
    report = board_report(rows_of([made_entry(scored), made_entry(part)]))
    columns = next(line for line in report.splitlines() if line.startswith("submission")).split()

    assert columns[2:6] == ["verdict", "score", "robustness", "retention"]
    assert line_of(report, scored.name).endswith("partial, 2 of 5 concepts")
    assert line_of(report, r"mi\x07ne").endswith("partial, 1 of 5 concepts")
    assert "pictogram-v1, public seeds. With n = 2, differences below 98 points" in report


def test_a_ranked_row_has_its_place_and_the_whole_verdict(scored: Result) -> None:
    """As the site has it: with destruction."""
    score = scored.score
    assert score is not None
    assert score.verdict is not None
    verdict = score.verdict.model_copy(update={"destructive": True})
    entry = made_entry(scored)
    cells = tuple(cell.model_copy(update={"complete": True}) for cell in scored.cells)
    concepts = entry.protocol.ranked
    whole = scored.model_copy(
        update={
            "partial": None,
            "cells": cells,
            "score": score.model_copy(update={"verdict": verdict, "concepts": concepts}),
        }
    )
    row = line_of(board_report(rows_of([made_entry(whole)])), "1 ")

    assert f"{verdict.word} + destructive" in row
    assert "concepts" not in row


def test_a_concept_that_is_not_ranked_says_so() -> None:
    """In the title of its table."""
    result = example_result(Example(concepts=("airliner",)), limit=1, probes=("standard_prompt",))
    rows = rows_of([made_entry(result)], "airliner")

    assert "public seeds, airliner (not ranked). " in board_report(rows, "airliner")


def estimate(value: float, low: float, high: float) -> Estimate:
    """Of sixteen seeds."""
    return Estimate(value=value, low=low, high=high, n=16, method="any")


def made(word: TraceLabel) -> TraceFile:
    """A trace of four points, unjudged at the last."""
    steepest = SteepestStep(start=20.0, end=30.0, share=estimate(0.714, 0.6, 0.8))
    points = tuple(
        TracePoint(
            position=10.0 * place,
            distance=estimate(0.1 * place, 0.05 * place, 0.2 * place),
            judge=None if place == 3 else estimate(1 - 0.25 * place, 0.0, 1.0),
        )
        for place in range(4)
    )
    return TraceFile(
        protocol="pictogram-v1",
        protocol_digest="0" * 64,
        seed_set="public",
        identity=Identity(
            name="mine",
            layout="diff",
            tensors_digest="5e" * 32,
            base_digest="ba" * 32,
            method="esd_x",
            edited=("unet",),
        ),
        environment=ENVIRONMENT,
        trace=Trace(
            kind="checkpoints",
            erased="church",
            points=points,
            chance=0.0321,
            steepest=None if word == "no change" else steepest,
            word=word,
        ),
    )


def test_each_point_is_a_row_with_intervals() -> None:
    """Position, distance, accuracy; where there is no judge, that is said."""
    lines = trace_report(made("abrupt")).splitlines()

    assert lines[0] == "mine (diff, by esd_x), pictogram-v1, church"
    assert lines[2].split() == ["updates", "distance", "recovery"]
    assert lines[5].split() == ["10", "0.100", "[0.050,", "0.200]", "75", "[0,", "100]"]
    assert lines[7].split()[-2:] == ["not", "judged"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("abrupt", "Abrupt: a single step makes up more than half of the change"),
        ("smooth", "Smooth: no single step is shown to make up more than half of the change"),
        (
            "no change",
            "No change: the last point is no farther from the original model than chance",
        ),
    ],
)
def test_the_word_is_explained(word: TraceLabel, said: str) -> None:
    """With the step that decided, or with what chance would have given."""
    text = trace_report(made(word))

    assert said in text
    assert "the same 16 start latents" in text
    step = "The steepest step, updates 20 to 30: 71 % [60, 80] of the change."
    assert (step in text) == (word != "no change")
    assert ("Chance exceeds 0.032" in text) == (word == "no change")
