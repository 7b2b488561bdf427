"""The table in the terminal says what the result says."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.board.terminal import report_of
from erasebench.results.declaration import Declaration
from erasebench.results.outcome import Estimate
from erasebench.results.result import Result


@pytest.fixture(scope="module")
def result(finished: Path) -> Result:
    """A finished run's."""
    return Result.model_validate_json((finished / "run" / "result.json").read_text())


def line_of(report: str, start: str) -> str:
    """The one line that starts with these words."""
    (line,) = [line for line in report.splitlines() if line.startswith(start)]
    return line


def test_each_rate_stands_with_interval_base_excess_and_n(result: Result) -> None:
    """No number without its interval and its n."""
    cell = result.cells[0]
    noise = next(estimate for estimate in cell.probes if estimate.probe == "noise")
    rate = Estimate(value=0.254, low=0.1, high=0.5, n=24, method="by hand")
    base = Estimate(value=1, low=0.986, high=1, n=24, method="by hand")
    excess = Estimate(value=-0.05, low=-0.25, high=0.1, n=24, method="by hand")
    noise = noise.model_copy(
        update={"rate": rate, "base_rate": base, "unprompted": rate, "excess": excess}
    )
    report = report_of(
        result.model_copy(update={"cells": (cell.model_copy(update={"probes": (noise,)}),)})
    )

    words = " ".join(line_of(report, "noise").split())
    assert words == "noise 25 [10, 50] 100 [99, 100] 25 [10, 50] -5 [-25, 10] 24"


def test_what_was_not_measured_is_said_and_is_no_number(result: Result) -> None:
    """A ratio that is missing is neither 0 nor 100."""
    cell = result.cells[0]
    assert cell.retention is not None
    retention = cell.retention.model_copy(update={"probed": None, "value": None})
    report = report_of(
        result.model_copy(update={"cells": (cell.model_copy(update={"retention": retention}),)})
    )

    assert line_of(report, "under the probes").split()[3:] == ["not", "measured"]
    assert line_of(report, "least of the three").split()[4:] == ["not", "measured"]


def test_a_partial_result_says_so_and_a_full_one_does_not(result: Result) -> None:
    """The reasons stand under the table."""
    partial = report_of(result.model_copy(update={"partial": "limit 4"}))
    full = report_of(result.model_copy(update={"partial": None}))

    assert "Partial: limit 4." in partial
    assert "artial" not in full


def test_a_declared_method_is_told_as_such(result: Result) -> None:
    """Where the checkpoint names none."""
    (only,) = result.checkpoints
    silent = only.model_copy(update={"identity": only.identity.model_copy(update={"method": None})})
    declared = Declaration(name="a", method="ESD-x", licence="MIT")
    update = {"checkpoints": (silent,), "declared": declared}

    assert "declared to be by ESD-x)" in report_of(result.model_copy(update=update))


def test_time_is_the_sum_over_probes(result: Result) -> None:
    """Pictures and seconds of the whole run."""
    samples = sum(timing.samples for timing in result.timings)

    assert f"{samples} pictures in" in report_of(result)


def test_the_smallest_difference_that_n_can_show_is_told(result: Result) -> None:
    """At 24 prompt indices 28 points, at 6 twice as many: 1.96 · sqrt(0.5 / n)."""
    cell = result.cells[0]
    first = cell.probes[0]
    probes = tuple(
        first.model_copy(update={"rate": first.rate.model_copy(update={"n": n})}) for n in (24, 6)
    )
    report = report_of(
        result.model_copy(update={"cells": (cell.model_copy(update={"probes": probes}),)})
    )

    assert "n = 6 are told apart by 57 points" in report
    assert "n = 24 are told apart by 28 points" in report
