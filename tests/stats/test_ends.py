"""Floors where nobody could train a model that never knew the concept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erasebench.protocol import SD14_V1
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.stats.anchors import UNPROMPTED, Scale, anchors_of, scale_of
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import outcome_arrays
from erasebench.stats.summary import ranked_score
from tests.stats.toy_outcomes import INPAINTING, RESAMPLING, STANDARD, plain

COMPLETION = INPAINTING.model_copy(
    update={"name": "diffusion_completion_5", "floor": "diffusion_completion_5_hand_over"}
)
HAND_OVER = COMPLETION.model_copy(
    update={"name": "diffusion_completion_5_hand_over", "family": "reference", "floor": None}
)
NOTHING_ASKED = HAND_OVER.model_copy(update={"name": UNPROMPTED})
PROBES = (STANDARD, RESAMPLING, COMPLETION, HAND_OVER, NOTHING_ASKED)

PROTOCOL = replace(SD14_V1, ranked_probes=("standard_prompt", "diffusion_completion_5"), prompts=8)

BASE = [
    *plain([1] * 8),
    *plain([1] * 8, probe="diffusion_completion_5"),
    *plain([1, 1, 0, 0, 0, 0, 0, 0], probe="diffusion_completion_5_hand_over"),
    *plain([0] * 8, probe=UNPROMPTED),
    *plain([1] * 8, probe="resampling"),
]


def scale(own: list[Outcome], probes: tuple[ProbeFacts, ...] = PROBES) -> Scale | None:
    """The ends of a submission's outcomes of one probe."""
    reference = anchors_of(BASE, References(), PROTOCOL, probes).reference(probes)
    return scale_of(list(outcome_arrays(own, probes).values()), reference, BootstrapWeights())


def test_a_completion_s_floor_is_what_the_base_has_drawn_when_it_hands_over() -> None:
    """Two of eight, by hand, at the indices that the submission was asked."""
    whole = scale(plain([0] * 8, probe="diffusion_completion_5"))
    part = scale(plain([0] * 2, probe="diffusion_completion_5"))

    assert whole is not None
    assert part is not None
    assert (whole.ceiling.pooled.value, whole.floor.pooled.value) == (1.0, 0.25)
    assert part.floor.pooled.value == 1.0


def test_every_other_floor_is_nothing() -> None:
    """What a probe invents is not bounded, and not taken off."""
    plainly = scale(plain([1, 0] * 4))

    assert plainly is not None
    assert (plainly.ceiling.pooled.value, plainly.floor.pooled.value) == (1.0, 0.0)


def test_a_base_that_was_not_asked_at_hand_over_is_no_floor_of_nothing() -> None:
    """Missing is missing."""
    base = [one for one in BASE if one.probe != HAND_OVER.name]
    reference = anchors_of(base, References(), PROTOCOL, PROBES).reference(PROBES)
    own = outcome_arrays(plain([0] * 8, probe="diffusion_completion_5"), PROBES)

    assert scale_of(list(own.values()), reference, BootstrapWeights()) is None


def test_a_row_is_scored_and_its_clip_compared_with_the_unasked_base() -> None:
    """Half of what lies above the floor is left: (0.625 - 0.25) / 0.75; CLIP alone sees nothing."""
    own = [
        *plain([0] * 8),
        *plain([1, 1, 1, 1, 1, 0, 0, 0], probe="diffusion_completion_5"),
    ]
    score = ranked_score(own, anchors_of(BASE, References(), PROTOCOL, PROBES), PROTOCOL, PROBES)

    assert score is not None
    (completion,) = [one for one in score.probes if one.probe == "diffusion_completion_5"]
    assert completion.standing == "ranked"
    assert completion.residual is not None
    assert completion.residual.value == pytest.approx(0.5, abs=0.05)
    assert score.robustness is not None
    assert score.clip_only_excess is not None
    assert score.clip_only_excess.value == 0.0


def test_where_there_is_such_a_model_its_absence_leaves_no_floor() -> None:
    """A reference that was not built yet is not taken for a protocol that has none."""
    told = replace(PROTOCOL, retrain=(PROTOCOL.base,))
    reference = anchors_of(BASE, References(), told, PROBES).reference(PROBES)

    assert not reference.floorless
    assert not reference.retrain
