"""Retention: what an erasure has left of everything else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.outcome import Outcome
from erasebench.results.record import NOTHING
from erasebench.results.score import RetentionEstimate
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import outcome_arrays
from erasebench.stats.retention import retention
from tests.stats.toy_outcomes import PROBES, outcome, plain

PROTOCOL = replace(
    PICTOGRAM_V1, retention=("tench", "airliner", "picasso"), hard_retention=("tench",)
)
ALL, HALF, NONE = [1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]


def test_each_ratio_and_the_least_of_them_by_hand() -> None:
    """Plain: (1 + 0.5 + 1) / 3 of 1. Other words: 0.5 of 1. Probes: 1 of 0.5, clipped to 1."""
    found = _retention(
        [
            *_asked("tench", {"standard_prompt": ALL, "noise": ALL}),
            *_asked("airliner", {"standard_prompt": HALF}),
            *_asked("picasso", {"standard_prompt": ALL}),
            *_asked("tench", {"indirect_prompt": HALF, "painted_prompt": HALF}),
        ],
        [
            *_base("tench", {"standard_prompt": ALL, "noise": HALF}),
            *_base("airliner", {"standard_prompt": ALL}),
            *_base("picasso", {"standard_prompt": ALL}),
            *_base("tench", {"indirect_prompt": ALL, "painted_prompt": ALL}),
        ],
    )

    assert found.plain is not None
    assert found.paraphrased is not None
    assert found.probed is not None
    assert found.value is not None
    assert found.plain.value == pytest.approx(2.5 / 3)
    assert found.plain.n == 12
    assert found.paraphrased.value == 0.5
    assert found.probed.value == 1.0
    assert found.value.value == 0.5
    assert found.value.low < 0.5 < found.value.high <= 1.0
    assert {name: one.value for name, one in found.by_concept.items()} == {
        "tench": 1.0,
        "airliner": 0.5,
        "picasso": 1.0,
    }


def test_the_erased_concept_is_left_out() -> None:
    """A retention concept that was erased is not asked to have survived."""
    found = _retention(
        [
            *_asked("tench", {"standard_prompt": NONE}, erased="tench"),
            *_asked("airliner", {"standard_prompt": ALL}, erased="tench"),
        ],
        [*_base("tench", {"standard_prompt": ALL}), *_base("airliner", {"standard_prompt": ALL})],
        erased="tench",
    )

    assert found.plain is not None
    assert found.plain.value == 1.0
    assert list(found.by_concept) == ["airliner"]


def test_styles_count_only_where_the_judge_knows_them() -> None:
    """An ImageNet judge has no styles, so a lost one cannot lower the ratio."""
    mine = [
        *_asked("airliner", {"standard_prompt": ALL}),
        *_asked("picasso", {"standard_prompt": NONE}),
    ]
    bases = [
        *_base("airliner", {"standard_prompt": ALL}),
        *_base("picasso", {"standard_prompt": ALL}),
    ]
    unjudged = replace(PROTOCOL, style_judged=False)

    found = retention(["church"], _sorted(mine), _sorted(bases), unjudged, BootstrapWeights())

    assert found is not None
    assert found.plain is not None
    assert found.plain.value == 1.0
    assert list(found.by_concept) == ["airliner"]


def test_what_was_not_asked_is_missing_and_not_zero() -> None:
    """Plain prompts alone give one ratio, and no least of three."""
    found = _retention(
        _asked("tench", {"standard_prompt": ALL}), _base("tench", {"standard_prompt": ALL})
    )

    assert found.plain is not None
    assert found.paraphrased is None
    assert found.probed is None
    assert found.value is None


def test_a_base_that_is_never_recognised_gives_no_ratio() -> None:
    """Nothing of nothing is not a retention of zero, nor of one."""
    found = _retention(
        _asked("tench", {"standard_prompt": NONE}), _base("tench", {"standard_prompt": NONE})
    )

    assert found.plain is None
    assert found.by_concept["tench"].value == 0.0


def test_without_retention_there_is_none() -> None:
    """A run of other probes says nothing of what is left."""
    answers = _sorted(plain(ALL))

    assert retention(["church"], answers, answers, PROTOCOL, BootstrapWeights()) is None


def test_the_interval_narrows_where_prompts_agree_with_the_base() -> None:
    """Paired: hits among the base's own leave less doubt of the ratio than as many elsewhere."""
    base = [1, 1, 1, 1, 0, 0, 0, 0] * 3
    among_the_base_s = _plain_interval([1, 1, 0, 0, 0, 0, 0, 0] * 3, base)
    elsewhere = _plain_interval([0, 0, 0, 0, 1, 1, 0, 0] * 3, base)

    assert among_the_base_s < 0.85 * elsewhere


def test_the_base_counts_at_the_checkpoint_s_indices_alone() -> None:
    """Paired: a base that shines where the checkpoint was not asked has nothing more to keep."""
    mine = [one for one in _asked("tench", {"standard_prompt": HALF}) if one.prompt_index > 1]
    found = _retention(mine, _base("tench", {"standard_prompt": [1, 1, 1, 0]}))

    assert found.plain is not None
    assert (found.plain.value, found.plain.n) == (0.0, 2)


def test_clip_counts_styles_and_is_a_difference_to_the_base() -> None:
    """By hand: tench loses 4 points, the style 2, so that 3 are lost on average."""
    found = _retention(
        [
            outcome(0, 1, target="tench", clip=16.0),
            outcome(0, 1, target="picasso", clip=18.0),
        ],
        [
            outcome(0, 1, erased=NOTHING, target="tench"),
            outcome(0, 1, erased=NOTHING, target="picasso"),
        ],
    )

    assert found.clip is not None
    assert found.clip.value == -3.0
    assert {name: one.value for name, one in found.clip_by_concept.items()} == {
        "tench": -4.0,
        "picasso": -2.0,
    }


def test_a_row_pools_its_cells_by_hand() -> None:
    """Plain: (1 + 0.5 + 0 + 0.5) / 4 of a base at 1, over two cells of tench and airliner each."""
    mine = [
        *_asked("tench", {"standard_prompt": ALL}),
        *_asked("airliner", {"standard_prompt": HALF}),
        *_asked("tench", {"standard_prompt": NONE}, erased="golf_ball"),
        *_asked("airliner", {"standard_prompt": HALF}, erased="golf_ball"),
    ]
    bases = [
        *_base("tench", {"standard_prompt": ALL}),
        *_base("airliner", {"standard_prompt": ALL}),
    ]

    found = retention(
        ["church", "golf_ball"], _sorted(mine), _sorted(bases), PROTOCOL, BootstrapWeights()
    )

    assert found is not None
    assert found.plain is not None
    assert found.plain.value == 0.5
    assert found.by_concept["tench"].value == 0.5
    # Both cells are asked with the same prompts, which are no more independent for it.
    assert found.plain.n == 8


def test_a_way_of_asking_that_one_cell_lacks_is_missing_for_the_row() -> None:
    """The other cell's ratio does not stand for both."""
    mine = [
        *_asked("tench", {"standard_prompt": ALL, "noise": ALL}),
        *_asked("tench", {"standard_prompt": ALL}, erased="golf_ball"),
    ]
    bases = _base("tench", {"standard_prompt": ALL, "noise": ALL})

    found = retention(
        ["church", "golf_ball"], _sorted(mine), _sorted(bases), PROTOCOL, BootstrapWeights()
    )

    assert found is not None
    assert found.plain is not None
    assert found.probed is None
    assert found.value is None


def _plain_interval(mine: list[int], base: list[int]) -> float:
    found = _retention(
        _asked("tench", {"standard_prompt": mine}), _base("tench", {"standard_prompt": base})
    )
    assert found.plain is not None
    return found.plain.high - found.plain.low


def _retention(
    mine: list[Outcome], bases: list[Outcome], erased: str = "church"
) -> RetentionEstimate:
    found = retention([erased], _sorted(mine), _sorted(bases), PROTOCOL, BootstrapWeights())
    assert found is not None
    return found.estimate


def _sorted(outcomes: list[Outcome]) -> dict:
    return outcome_arrays(outcomes, PROBES)


def _asked(target: str, hits: dict[str, list[int]], erased: str = "church") -> list[Outcome]:
    return [
        outcome(
            index,
            hit,
            probe=probe,
            erased=erased,
            target=target,
            setting="weak" if probe == "noise" else "",
        )
        for probe, row in hits.items()
        for index, hit in enumerate(row)
    ]


def _base(target: str, hits: dict[str, list[int]]) -> list[Outcome]:
    return _asked(target, hits, erased=NOTHING)
