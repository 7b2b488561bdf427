"""Ceilings and floors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from erasebench.protocol import SD14_V1
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.reference import References
from erasebench.stats.anchors import (
    UNPROMPTED,
    Anchors,
    Scale,
    anchors_of,
    contrast_of,
    scale_of,
    with_stand_ins,
)
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup, outcome_arrays
from erasebench.stats.row_data import RowData
from erasebench.stats.summary import ranked_score
from tests.stats.toy_outcomes import INPAINTING, NOISE, RESAMPLING, STANDARD, plain
from tests.stats.toy_outcomes import PROBES as TOY_PROBES

SWAP = NOISE.model_copy(
    update={"name": "encoder_swap", "settings": ("",), "on_base": "standard_prompt"}
)
ALL, HALF, NONE = [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]


def test_ends_are_at_the_submission_s_concepts_and_indices() -> None:
    """By hand: of indices 0 and 1 the base hits both and retrain one; the rest is not asked."""
    reference = Anchors(base=_sorted(plain([1, 1, 0, 0])), retrain=_sorted(plain([1, 0, 0, 0])))

    scale = scale_of(_group(plain([0, 0])), reference, BootstrapWeights())

    assert scale is not None
    assert scale.ceiling.pooled.value == 1.0
    assert scale.floor.pooled.value == 0.5


def test_encoder_swap_is_measured_as_the_standard_prompt() -> None:
    """Base and retrain hold the base's encoder already, and the probe says which it is there."""
    base, retrain = (with_stand_ins(_sorted(plain(hits)), (SWAP,)) for hits in (ALL, HALF))
    reference = Anchors(base=base, retrain=retrain)

    scale = scale_of(_group(plain(NONE, probe="encoder_swap")), reference, BootstrapWeights())

    assert scale is not None
    assert (scale.ceiling.pooled.value, scale.floor.pooled.value) == (1.0, 0.5)
    assert contrast_of("encoder_swap", reference, ["church"]) == 0.5


def test_a_floor_of_nothing_is_certain() -> None:
    """Where the protocol sets it to 0, no draw moves it."""
    reference = Anchors(base=_sorted(plain(ALL)), floorless=frozenset({"standard_prompt"}))

    scale = scale_of(_group(plain(NONE)), reference, BootstrapWeights())

    assert scale is not None
    assert not scale.floor.scored.any()
    assert contrast_of("standard_prompt", reference, ["church"]) == 1.0


def test_without_a_floor_there_is_no_scale() -> None:
    """A concept that retrain knows, or a retrain that does not exist, is no floor of 0."""
    reference = Anchors(base=_sorted(plain(ALL)))

    assert scale_of(_group(plain(NONE)), reference, BootstrapWeights()) is None
    assert contrast_of("standard_prompt", reference, ["church"]) is None


def test_without_a_ceiling_there_is_no_scale() -> None:
    """Nothing stands for a base that was not asked."""
    reference = Anchors(base={}, retrain=_sorted(plain(NONE)))

    assert scale_of(_group(plain(NONE)), reference, BootstrapWeights()) is None


def test_ends_at_fewer_indices_are_refused() -> None:
    """Half of the ceiling does not stand for the whole."""
    reference = Anchors(base=_sorted(plain([1, 1])), retrain=_sorted(plain(NONE)))

    with pytest.raises(KeyError, match="no outcome at"):
        scale_of(_group(plain(NONE)), reference, BootstrapWeights())


def test_contrast_pools_the_concepts_that_have_both_ends() -> None:
    """By hand: church 1 - 0, tench 0.5 - 0; airliner has no floor and is left out."""
    reference = Anchors(
        base=_sorted([*plain(ALL), *_of("tench", HALF), *_of("airliner", NONE)]),
        retrain=_sorted([*plain(NONE), *_of("tench", NONE)]),
    )

    assert contrast_of("standard_prompt", reference, ["church", "tench", "airliner"]) == 0.75


def test_each_end_takes_part_in_the_draws() -> None:
    """Floors and ceilings are as uncertain as what they are the ends of."""
    reference = Anchors(base=_sorted(plain(HALF * 6)), retrain=_sorted(plain(HALF * 6)))

    scale = scale_of(_group(plain(NONE * 6)), reference, BootstrapWeights())

    assert scale is not None
    assert scale.ceiling.scored[:, 1:].std() > 0.05
    # One weighting for both, but half hits of their own.
    assert not np.array_equal(scale.ceiling.scored, scale.floor.scored)


def _of(concept: str, hits: Sequence[int]) -> list[Outcome]:
    return plain(hits, erased=concept, target=concept)


def _sorted(outcomes: list[Outcome]) -> dict[OutcomeGroup, OutcomeArrays]:
    return outcome_arrays(outcomes, (*TOY_PROBES, SWAP))


def _group(outcomes: list[Outcome]) -> list[OutcomeArrays]:
    return list(_sorted(outcomes).values())


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
    reference = anchors_of(BASE, References(), PROTOCOL, probes)
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
    reference = anchors_of(base, References(), PROTOCOL, PROBES)
    own = outcome_arrays(plain([0] * 8, probe="diffusion_completion_5"), PROBES)

    assert scale_of(list(own.values()), reference, BootstrapWeights()) is None


def test_a_row_is_scored_and_its_clip_compared_with_the_unasked_base() -> None:
    """Half of what lies above the floor is left: (0.625 - 0.25) / 0.75; CLIP alone sees nothing."""
    own = [
        *plain([0] * 8),
        *plain([1, 1, 1, 1, 1, 0, 0, 0], probe="diffusion_completion_5"),
    ]
    score = ranked_score(
        RowData(
            outcome_arrays(own, PROBES),
            anchors_of(BASE, References(), PROTOCOL, PROBES),
            PROTOCOL,
            PROBES,
        )
    )

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
    reference = anchors_of(BASE, References(), told, PROBES)

    assert not reference.floorless
    assert not reference.retrain
