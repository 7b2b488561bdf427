"""Styles, which no ImageNet class is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from erasebench.concepts import CONCEPTS
from erasebench.protocol import Protocol
from erasebench.scoring.panel import JudgeWithStyles, load_panel
from tests.scoring.conftest import CPU

TARGETS = [CONCEPTS[name] for name in ("church", "picasso", "tench", "van_gogh", "picasso")]
PICTURES = np.random.default_rng(3).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)


def test_objects_are_the_classifier_s_and_styles_are_clip_s(protocol: Protocol) -> None:
    """Each verdict is that of who was asked, in the order of the pictures."""
    told = load_panel(replace(protocol, style_judged=False, erasable=("picasso", "van_gogh")), CPU)
    assert isinstance(told.judge, JudgeWithStyles)
    mixed = told.judge.judge(PICTURES, TARGETS)
    clip = told.clip.score(PICTURES, TARGETS, [target.prompt for target in TARGETS])

    for row, target in enumerate(TARGETS):
        asked = told.clip if target.kind == "style" else told.judge.objects
        alone = asked.judge(PICTURES[row : row + 1], [target])
        assert mixed.top1[row] == alone.top1[0]
        assert mixed.top5[row] == alone.top5[0]
        assert mixed.probability[row] == pytest.approx(alone.probability[0], rel=1e-4)
        if target.kind == "style":
            assert mixed.top1[row] == clip.first[row]


def test_clip_s_answers_are_one_of_all_concepts(protocol: Protocol) -> None:
    """Probabilities of all concepts for one picture add up to 1, and exactly one is the first."""
    clip = load_panel(protocol, CPU).clip
    concepts = [protocol.concept(name) for name in protocol.concepts]
    found = clip.judge(np.repeat(PICTURES[:1], len(concepts), axis=0), concepts)

    assert found.probability.sum() == pytest.approx(1, abs=1e-5)
    assert found.top1.sum() == 1
    assert found.top5.sum() == 5


def test_a_panel_with_a_style_judge_asks_no_clip_for_styles(protocol: Protocol) -> None:
    """The bundled world's classifiers know styles."""
    assert not isinstance(load_panel(protocol, CPU).judge, JudgeWithStyles)
