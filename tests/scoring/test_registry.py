"""Judges of every kind are loaded in one way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import UnknownNameError
from erasebench.protocol import PICTOGRAM_V1, JudgePin, Protocol
from erasebench.scoring.clip import Clip, load_clip
from erasebench.scoring.judge import Recognitions
from erasebench.scoring.panel import load_panel
from erasebench.scoring.registry import JUDGES, load_judge
from tests.scoring.conftest import CPU

ZERO_SHOT = "clip_zero_shot"

Pictures = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ZeroShot:
    """CLIP as a judge: its answer is the concept whose prompt fits best."""

    clip: Clip

    def judge(self, pictures: Pictures, targets: Sequence[Concept]) -> Recognitions:
        """See `Judge`."""
        return self.clip.judge(pictures, targets)

    def names_any(self, pictures: Pictures, targets: Sequence[Concept]) -> npt.NDArray[np.bool_]:
        """See `Judge`."""
        asked = [self.judge(pictures, [target] * len(pictures)).top1 for target in targets]
        return np.any(asked, axis=0)


@pytest.fixture
def zero_shot(protocol: Protocol, monkeypatch: pytest.MonkeyPatch) -> Protocol:
    """The protocol with its scoring CLIP as the judge as well, a kind that the test registers."""

    def load(pin: JudgePin, device: torch.device) -> ZeroShot:
        return ZeroShot(
            load_clip(replace(protocol, clip=pin.model, clip_pixels=pin.pixels), device)
        )

    monkeypatch.setitem(JUDGES, ZERO_SHOT, load)
    return replace(protocol, judge=JudgePin(protocol.clip, protocol.clip_pixels, ZERO_SHOT))


def test_the_panel_runs_with_a_judge_of_another_kind(
    zero_shot: Protocol, pictures: Pictures
) -> None:
    """Its verdicts fill the judge's fields of every opinion; the selector is the usual one."""
    target = CONCEPTS["church"]
    targets, prompts = [target] * len(pictures), [target.prompt] * len(pictures)

    opinions = load_panel(zero_shot, CPU).score(pictures, targets, prompts, "whole")

    judged = load_clip(zero_shot, CPU).judge(pictures, targets)
    selected = load_judge(zero_shot.selector, CPU).judge(pictures, targets)
    assert [one.judge_top1 for one in opinions] == judged.top1.tolist()
    assert [one.judge_top1 for one in opinions] == [one.clip_first for one in opinions]
    assert [one.judge_probability for one in opinions] == judged.probability.tolist()
    assert [one.selector_probability for one in opinions] == selected.probability.tolist()


def test_a_kind_is_in_the_digest_where_it_is_not_the_usual_one() -> None:
    """Another kind of judge or selector is another protocol; the usual one is left out."""
    judge, selector = PICTOGRAM_V1.judge, PICTOGRAM_V1.selector
    protocols = (
        PICTOGRAM_V1,
        replace(PICTOGRAM_V1, judge=replace(judge, kind=ZERO_SHOT)),
        replace(PICTOGRAM_V1, selector=replace(selector, kind=ZERO_SHOT)),
    )

    assert len({one.digest for one in protocols}) == 3


def test_an_unknown_kind_names_those_there_are(protocol: Protocol) -> None:
    """A pin whose kind has no entry is refused before any file is opened."""
    with pytest.raises(UnknownNameError, match=r"'classifer'.*classifier"):
        load_panel(replace(protocol, judge=replace(protocol.judge, kind="classifer")), CPU)
