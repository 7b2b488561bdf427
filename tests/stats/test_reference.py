"""The ends of a residual's scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from erasebench.results.outcome import Outcome
from erasebench.stats.anchors import Anchors, contrast_of, scale_of
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup, outcome_arrays
from tests.stats.toy_outcomes import NOISE, PROBES, plain

SWAP = NOISE.model_copy(update={"name": "encoder_swap", "settings": ("",)})
ALL, HALF, NONE = [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]


def test_ends_are_at_the_submission_s_concepts_and_indices() -> None:
    """By hand: of indices 0 and 1 the base hits both and retrain one; the rest is not asked."""
    reference = Anchors(base=_sorted(plain([1, 1, 0, 0])), retrain=_sorted(plain([1, 0, 0, 0])))

    scale = scale_of(_group(plain([0, 0])), reference, BootstrapWeights())

    assert scale is not None
    assert scale.ceiling.pooled.value == 1.0
    assert scale.floor.pooled.value == 0.5


def test_encoder_swap_is_measured_as_the_standard_prompt() -> None:
    """Base and retrain hold the base's encoder already."""
    reference = Anchors(base=_sorted(plain(ALL)), retrain=_sorted(plain(HALF)))

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

    with pytest.raises(KeyError, match="asked church nothing at"):
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
    return outcome_arrays(outcomes, (*PROBES, SWAP))


def _group(outcomes: list[Outcome]) -> list[OutcomeArrays]:
    return list(_sorted(outcomes).values())
