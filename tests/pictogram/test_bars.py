"""The bars: what they count, and how."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from erasebench.concepts import CONCEPTS, OBJECTS
from erasebench.pictogram.bars import (
    STYLED_OTHERS,
    Bar,
    Bench,
    Sizes,
    measure,
    pictures_to_generate,
)
from erasebench.protocol import PICTOGRAM_V1
from erasebench.stats.intervals import wilson

CPU = torch.device("cpu")

FEW = Sizes(drawings=130, garbled=10, generated=1, described=1, empty=2)
"""Sizes that show what is measured, and too small to show that it is cleared."""


@pytest.fixture(scope="module")
def bench() -> Bench:
    """The bundled models with a few held-out drawings."""
    return Bench(PICTOGRAM_V1, CPU, FEW)


@dataclass(frozen=True)
class Measured:
    """Bars in the order in which they were measured, and how many pictures that took."""

    bars: tuple[Bar, ...]
    generated: int

    def __getitem__(self, name: str) -> Bar:
        return next(bar for bar in self.bars if bar.name == name)


@pytest.fixture(scope="module")
def measured(bench: Bench) -> Measured:
    """Every bar, measured on very little."""
    generated: list[int] = []
    bars = tuple(measure(bench, generated.append))
    return Measured(bars, sum(generated))


def test_every_bar_is_measured(measured: Measured) -> None:
    """The card counts the pictures that it says, and no bar is named twice."""
    assert pictures_to_generate(FEW) == measured.generated
    assert len(measured.bars) == len({bar.name for bar in measured.bars})
    assert {0.02, 0.03, 0.05} == {bar.bar for bar in measured.bars if bar.at_most}


def test_a_bar_is_cleared_by_the_share_itself() -> None:
    """Equal to the bar is cleared, from either side; the interval does not enter."""
    half = wilson(5, 10)

    assert Bar("least", half, 0.5).cleared
    assert not Bar("least", half, 0.51).cleared
    assert Bar("greatest", half, 0.5, at_most=True).cleared
    assert not Bar("greatest", half, 0.49, at_most=True).cleared


def test_own_bars_are_told_apart(measured: Measured) -> None:
    """Only bars on styled drawings and on the object of tuning are our own, and say so."""
    own = {bar.name for bar in measured.bars if bar.own}

    assert own == {
        "generated, gas_pump",
        *(
            f"{classifier}, {what}"
            for classifier in ("judge", "selector")
            for what in (
                "styles of drawings",
                "objects in styled drawings",
                f"falsely on {STYLED_OTHERS}",
            )
        ),
    }
    assert measured["judge, objects in styled drawings"].wanted == "≥ 85, own"
    assert measured["judge, drawings"].wanted == "≥ 99"


def test_styled_further_things_are_counted_over_all_styles(
    bench: Bench, measured: Measured
) -> None:
    """The figure is of every held-out drawing of a further thing in a style, and of no other."""
    shown = bench.styled_others

    assert measured[f"judge, falsely on {STYLED_OTHERS}"].estimate.n == len(shown)
    assert {example.style for example in shown} == {"van_gogh", "picasso", "andy_warhol"}
    assert not any(example.thing in CONCEPTS for example in shown)


def test_every_drawing_is_counted_once(bench: Bench) -> None:
    """Objects and further things, plain and styled, make up the held-out drawings."""
    shelves = (bench.objects, bench.others, bench.styled, bench.styled_others)

    assert sum(map(len, shelves)) == FEW.drawings
    assert all(shelves)


def test_any_object_is_found_in_one_pass(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It agrees with asking for each object by itself, and the network sees each picture once."""
    pictures = np.stack([example.picture for example in (*bench.objects, *bench.others)])
    judge = bench.panel.judge
    asked = [bench.hits(judge, pictures, [one] * len(pictures)) for one in OBJECTS]
    seen = []

    def watched(pixels: torch.Tensor) -> torch.Tensor:
        seen.append(len(pixels))
        return network(pixels)

    network = judge._network
    monkeypatch.setattr(judge, "_network", watched)
    named = bench.named_as_any(judge, pictures)

    assert named.tolist() == np.any(asked, axis=0).tolist()
    assert named.any()
    assert not named.all()
    assert sum(seen) == len(pictures)
