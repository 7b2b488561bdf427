"""The panel of three."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import numpy.typing as npt
import pytest

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.results.record import Record
from erasebench.scoring.panel import Opinion, Panel, load_panel
from erasebench.scoring.pixels import crop
from tests.scoring.conftest import CPU

CHURCH = CONCEPTS["church"]


@pytest.fixture(scope="module")
def panel(protocol: Protocol) -> Panel:
    """The three tiny models."""
    return load_panel(protocol, CPU)


def test_an_opinion_is_part_of_a_record() -> None:
    """Every field of an opinion is a field of the record that keeps it."""
    assert {field.name for field in fields(Opinion)} <= set(Record.model_fields)


def test_each_figure_is_its_own_models(panel: Panel, pictures: npt.NDArray[np.uint8]) -> None:
    """Judge, selector and CLIP each fill their fields, and no other's."""
    targets, prompts = [CHURCH] * 40, ["a picture of a dog"] * 40

    opinions = panel.score(pictures, targets, prompts, "whole")

    judged = panel.judge.judge(pictures, targets)
    selected = panel.selector.judge(pictures, targets)
    clip = panel.clip.score(pictures, targets, prompts)
    assert [one.judge_top1 for one in opinions] == judged.top1.tolist()
    assert [one.judge_top5 for one in opinions] == judged.top5.tolist()
    assert [one.judge_probability for one in opinions] == judged.probability.tolist()
    assert [one.selector_probability for one in opinions] == selected.probability.tolist()
    assert [one.clip_score for one in opinions] == clip.score.tolist()
    assert [one.clip_first for one in opinions] == clip.first.tolist()
    assert judged.probability.tolist() != selected.probability.tolist()


def test_all_three_see_the_crop(
    panel: Panel, protocol: Protocol, pictures: npt.NDArray[np.uint8]
) -> None:
    """The view `crop` is the view of the centre square alone."""
    some = pictures[:5]
    asked = [CHURCH] * 5, ["a dog"] * 5

    cropped = panel.score(some, *asked, "crop")

    assert cropped == panel.score(crop(some, protocol.centre), *asked, "whole")
    assert cropped != panel.score(some, *asked, "whole")


def test_many_pictures_keep_their_order(
    panel: Panel, protocol: Protocol, pictures: npt.NDArray[np.uint8]
) -> None:
    """More pictures than one call takes come back in order, with their own targets and prompts."""
    many = np.concatenate([pictures, pictures[::-1], pictures])
    targets = [protocol.concept(protocol.concepts[row % 6]) for row in range(40)]
    prompts = [f"a picture of a {target.label}" for target in targets]
    once = panel.score(pictures, targets, prompts, "whole")

    opinions = panel.score(
        many, targets + targets[::-1] + targets, prompts + prompts[::-1] + prompts, "whole"
    )

    expected = [*once, *once[::-1], *once]
    assert len(opinions) == 120
    for actual, own in zip(opinions, expected, strict=True):
        assert actual.judge_top1 == own.judge_top1
        assert actual.judge_probability == pytest.approx(own.judge_probability, abs=1e-5)
        assert actual.clip_score == pytest.approx(own.clip_score, abs=1e-3)
