"""A trace in the terminal."""

from __future__ import annotations

import pytest

from erasebench.board.trace_report import trace_report
from erasebench.results.file import TraceFile
from erasebench.results.outcome import Estimate
from erasebench.results.result import Identity
from erasebench.results.trace import SteepestStep, Trace, TraceLabel, TracePoint
from tests.example_environment import ENVIRONMENT


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
