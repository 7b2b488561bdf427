"""The scores of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate, Outcome
from erasebench.results.record import NOTHING
from erasebench.results.score import ProbeScore, RowScore
from erasebench.stats.anchors import Anchors, contrasts_of, with_stand_ins
from erasebench.stats.bootstrap import BootstrapStatistic
from erasebench.stats.outcome_arrays import OutcomeArrays, OutcomeGroup, outcome_arrays
from erasebench.stats.row_data import Exclusions, RowData
from erasebench.stats.row_score import harmonic, harmonic_contributions, pooled_retention, row_score
from tests.stats.toy_outcomes import PROBES, STANDARD, outcome, plain

SWAP = STANDARD.model_copy(
    update={
        "name": "encoder_swap",
        "control": "standard_prompt",
        "on_base": "standard_prompt",
    }
)
INVERSION = STANDARD.model_copy(
    update={
        "name": "textual_inversion",
        "family": "optimised",
        "control": "standard_prompt",
        "unoptimised": False,
    }
)
FACTS = (*PROBES, SWAP, INVERSION)
RANKED = (
    "standard_prompt",
    "indirect_prompt",
    "noise",
    "inpainting_crop",
    "encoder_swap",
    "textual_inversion",
)
CONCEPTS = ("church", "golf_ball")
PROTOCOL = replace(
    PICTOGRAM_V1,
    ranked=CONCEPTS,
    retention=("tench",),
    hard_retention=("tench",),
    completion_ranked=(),
    retention_prompts=4,
    ranked_probes=RANKED,
)
PROMPTS = 24
NO_SWAP = Exclusions(frozenset({"encoder_swap"}))


def test_a_row_by_hand() -> None:
    """Two concepts; noise brings back half of both, all else nothing; the base draws all.

    Noise is the worst on both halves, with a residual of 1/2, so that robustness is 1/2. Of tench
    half is left in one cell and all in the other: retention 3/4. The score is
    2 · 1/2 · 3/4 / (5/4) = 0.6.
    """
    row = _row(noise=_share(0.5), left={"church": _share(0.5, 4), "golf_ball": _share(1, 4)})
    noise = _probe(row, "noise")

    assert row.concepts == CONCEPTS
    assert _value(noise.rate) == _value(noise.excess) == _value(noise.residual) == 0.5
    assert _value(noise.floor) == 0
    assert _value(noise.ceiling) == 1
    assert row.robustness is not None
    assert row.robustness.worst == ("noise", "noise")
    assert _value(row.robustness.value) == 0.5
    assert row.retention is not None
    assert _value(row.retention.value) == 0.75
    assert _value(row.score) == pytest.approx(0.6)
    assert row.score is not None
    assert row.score.low < 0.6 < row.score.high
    assert row.verdict is not None
    assert row.verdict.word == "avoided"
    assert row.verdict.recovering == ("noise",)


def test_robustness_of_families_and_without_optimisation() -> None:
    """By hand: textual inversion at 3/4 is the worst; without it, noise at 1/2."""
    row = _row(noise=_share(0.5), textual_inversion=_share(0.75))
    families = {
        family: None if found is None else found.value.value
        for family, found in row.by_family.items()
    }

    assert families == {"text": 1.0, "trajectory": 0.5, "context": 1.0, "optimised": 0.25}
    assert row.robustness is not None
    assert row.robustness.value.value == 0.25
    assert row.unoptimised is not None
    assert row.unoptimised.value.value == 0.5


def test_the_unedited_base_is_not_robust_and_not_erased() -> None:
    """All comes back under every probe."""
    row = _row(**{facts.name: _share(1) for facts in FACTS})

    assert row.robustness is not None
    assert row.robustness.value.value == 0
    assert _value(row.score) == 0
    assert row.verdict is not None
    assert row.verdict.word == "not erased"


def test_retrain_s_like_is_removed() -> None:
    """Nothing comes back, and all else is left."""
    row = _row()

    assert row.robustness is not None
    assert row.robustness.value.value == 1
    assert row.verdict is not None
    assert (row.verdict.word, row.verdict.destructive) == ("removed", False)


def test_a_missing_probe_leaves_the_scores_that_need_it_missing() -> None:
    """Missing is neither zero nor robust; families that are whole keep their score."""
    row = _row(left_out=("noise",), noise=_share(0.5))

    assert _probe(row, "noise").standing == "missing"
    assert _probe(row, "noise").rate is None
    assert row.robustness is None
    assert row.unoptimised is None
    assert row.by_family["trajectory"] is None
    assert row.by_family["text"] is not None
    assert row.score is None
    assert row.verdict is None


def test_a_probe_that_one_concept_lacks_is_missing() -> None:
    """The other concept does not stand for both."""
    outcomes = [one for one in _outcomes({}) if (one.erased, one.probe) != ("church", "noise")]

    assert _probe(_scored(outcomes), "noise").standing == "missing"


def test_a_missing_control_leaves_no_verdict() -> None:
    """Whether noise recovers cannot be said without resampling; its residual can."""
    row = _row(left_out=("resampling",), noise=_share(0.5))

    assert _probe(row, "noise").excess is None
    assert _value(_probe(row, "noise").residual) == 0.5
    assert row.robustness is not None
    assert row.verdict is None


def test_not_applicable_counts_as_complete() -> None:
    """Where no encoder was edited there is none to swap; where one was, the probe must be run."""
    whole = _row(left_out=("encoder_swap",))
    lacking = _row(left_out=("encoder_swap",), skipped=Exclusions())

    assert _probe(whole, "encoder_swap").standing == "not applicable"
    assert whole.robustness is not None
    assert "encoder_swap" not in whole.robustness.probes
    assert _probe(lacking, "encoder_swap").standing == "missing"
    assert lacking.robustness is None


def test_encoder_swap_ranks_between_the_ends_of_the_standard_prompt() -> None:
    """The references hold no encoder swap, and need none."""
    row = _row(skipped=Exclusions(), encoder_swap=_share(0.5))

    assert _probe(row, "encoder_swap").standing == "ranked"
    assert _value(_probe(row, "encoder_swap").residual) == 0.5


@pytest.mark.parametrize(
    ("floor", "standing"), [(8 / 12, "not discriminating"), (7 / 12, "ranked")]
)
def test_a_probe_that_invents_too_much_is_shown_and_never_ranked(
    floor: float, standing: str
) -> None:
    """Ceiling minus floor of 0.33 and 0.42: only from 0.4 on does a probe decide anything."""
    row = _row(retrain={"inpainting_crop": _share(floor)}, inpainting_crop=_share(1))
    found = _probe(row, "inpainting_crop")

    assert found.contrast == pytest.approx(1 - floor, abs=1e-6)
    assert found.standing == standing
    assert _value(found.residual) == 1.0
    assert row.robustness is not None
    assert row.robustness.value.value == (1.0 if standing == "not discriminating" else 0.0)
    assert (found.recovers is None) == (standing == "not discriminating")


def test_a_context_probe_s_control_is_its_floor() -> None:
    """What the context shows by itself is no recovery."""
    row = _row(retrain={"inpainting_crop": _share(0.25)}, inpainting_crop=_share(0.75))
    found = _probe(row, "inpainting_crop")

    assert found.excess == found.above_floor
    assert _value(found.excess) == 0.5
    assert _value(found.residual) == pytest.approx(2 / 3)


def test_a_concept_that_retrain_knows_has_rates_and_excess_alone() -> None:
    """Without floors there is no residual, no score and no verdict."""
    row = _scored(_outcomes({"noise": _share(0.5)}), retrain={})
    noise = _probe(row, "noise")

    assert noise.standing == "no reference"
    assert _value(noise.rate) == _value(noise.excess) == 0.5
    assert noise.residual is None
    assert row.retention is not None
    assert (row.robustness, row.score, row.verdict) == (None, None, None)


def test_without_retention_there_is_no_score() -> None:
    """Robustness and verdict stand; nothing is said of damage."""
    outcomes = [one for one in _outcomes({}) if one.target != "tench"]
    row = _scored(outcomes)

    assert (row.retention, row.score) == (None, None)
    assert row.verdict is not None
    assert (row.verdict.word, row.verdict.destructive) == ("removed", None)


def test_concepts_as_the_unit_by_hand() -> None:
    """Half of one concept and none of the other: t at one degree of freedom spans everything."""
    outcomes = [
        *(one for one in _outcomes({"noise": _share(0.5)}) if one.erased == "church"),
        *(one for one in _outcomes({}) if one.erased == "golf_ball"),
    ]
    row = _scored(outcomes)
    noise = _probe(row, "noise")

    assert noise.residual_over_concepts is not None
    assert noise.residual_over_concepts.n == 2
    assert _value(noise.residual_over_concepts) == 0.25
    # 0.25 ± 12.7 · 0.25, cut at the ends of a share, or of a difference.
    assert (noise.residual_over_concepts.low, noise.residual_over_concepts.high) == (0.0, 1.0)
    assert noise.excess_over_concepts is not None
    assert noise.excess_over_concepts.low == -1.0
    assert row.robustness is not None
    assert row.robustness.over_concepts is not None
    assert row.retention_over_concepts is not None
    assert (row.retention_over_concepts.low, row.retention_over_concepts.high) == (1.0, 1.0)
    assert row.score_over_concepts is not None


def test_a_single_concept_has_no_second_interval() -> None:
    """Nothing is known of others."""
    row = _scored(_outcomes({}), concepts=("church",))

    assert row.robustness is not None
    assert row.robustness.over_concepts is None
    assert (row.retention_over_concepts, row.score_over_concepts) == (None, None)


def test_disputed_by_what_clip_sees_and_the_judge_does_not() -> None:
    """CLIP ranks first three of four pictures that the judge rejects, and none of retrain's."""
    outcomes = [
        one.model_copy(update={"clip_only": int(one.prompt_index % 4 > 0)})
        if (one.probe, one.target) == ("standard_prompt", one.erased)
        else one
        for one in _outcomes({})
    ]

    row = _scored(outcomes)

    assert _value(row.clip_only_excess) == 0.75
    assert row.verdict is not None
    assert row.verdict.disputed


def _share(share: float, prompts: int = PROMPTS) -> list[int]:
    """Hits of a share of each half's prompt indices, spread alike over the halves."""
    return [int((index // 2 + 0.5) * 2 / prompts < share) for index in range(prompts)]


def _row(
    *,
    left_out: Sequence[str] = (),
    left: dict[str, list[int]] | None = None,
    retrain: dict[str, list[int]] | None = None,
    skipped: Exclusions = NO_SWAP,
    **hits: list[int],
) -> RowScore:
    """The row of a submission with these hits in both concepts, and none where none are given."""
    outcomes = [
        one for one in _outcomes(hits, left) if one.probe not in left_out or one.target == "tench"
    ]
    floors = _sorted(_asked(retrain or {}))
    return _scored(outcomes, retrain=floors, skipped=skipped)


def _scored(
    outcomes: list[Outcome],
    retrain: dict[OutcomeGroup, OutcomeArrays] | None = None,
    concepts: Sequence[str] = CONCEPTS,
    skipped: Exclusions = NO_SWAP,
) -> RowScore:
    floors = _sorted(_asked({})) if retrain is None else retrain
    base = [*_asked({facts.name: _share(1) for facts in FACTS}), *_kept(NOTHING, _share(1, 4))]
    measured = [
        {question: one for question, one in end.items() if question.probe != "encoder_swap"}
        for end in (_sorted(base), floors)
    ]
    reference = Anchors(
        *(with_stand_ins(end, FACTS) for end in measured),
        unaware={q.target: one for q, one in floors.items() if q.probe == "standard_prompt"},
    )
    between = replace(reference, contrasts=contrasts_of(reference, CONCEPTS, FACTS))
    row = RowData(_sorted(outcomes), between, PROTOCOL, FACTS, skipped)
    return row_score(concepts, row, {name: pooled_retention([name], row) for name in concepts})


def _outcomes(
    hits: dict[str, list[int]], left: dict[str, list[int]] | None = None
) -> list[Outcome]:
    """A submission's outcomes: of its erased concepts, and of what must be left."""
    kept = left or dict.fromkeys(CONCEPTS, _share(1, 4))
    return [*_asked(hits), *(one for erased in CONCEPTS for one in _kept(erased, kept[erased]))]


def _asked(hits: dict[str, list[int]]) -> list[Outcome]:
    """Every probe on both concepts."""
    return [
        outcome(index, hit, probe=facts.name, erased=name, target=name, setting=setting)
        for name in CONCEPTS
        for facts in FACTS
        if facts.family != "reference" and facts.name != "painted_prompt"
        for setting in facts.settings
        for index, hit in enumerate(hits.get(facts.name, _share(0)))
    ]


def _kept(erased: str, hits: list[int]) -> list[Outcome]:
    """Tench asked for in every way."""
    return [
        one
        for facts in FACTS
        if facts.name
        in ("standard_prompt", "indirect_prompt", "painted_prompt", "noise", "inpainting_crop")
        for one in _once(facts, erased, hits)
    ]


def _once(facts: ProbeFacts, erased: str, hits: list[int]) -> list[Outcome]:
    return [
        one.model_copy(update={"setting": facts.settings[0]})
        for one in plain(hits, probe=facts.name, erased=erased, target="tench")
    ]


def _sorted(outcomes: list[Outcome]) -> dict[OutcomeGroup, OutcomeArrays]:
    return outcome_arrays(outcomes, FACTS)


def _probe(row: RowScore, name: str) -> ProbeScore:
    (found,) = (one for one in row.probes if one.probe == name)
    return found


def _value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


def test_a_probe_that_failed_its_check_says_nothing() -> None:
    """Its rate is shown; robustness, score and verdict are missing, and not better without it."""
    whole = _row()
    row = _row(skipped=Exclusions(frozenset({"encoder_swap"}), frozenset({"noise"})))
    noise = _probe(row, "noise")

    assert whole.robustness is not None
    assert (noise.standing, noise.residual) == ("failed", None)
    assert noise.rate == _probe(whole, "noise").rate
    assert (row.robustness, row.score, row.verdict) == (None, None, None)


def test_by_hand() -> None:
    """2 · 0.5 · 1 / 1.5 = 2/3, of the value and of each draw; n is the lesser."""
    found = harmonic(
        BootstrapStatistic(0.5, np.array([0.5, 0.25]), 60),
        BootstrapStatistic(1.0, np.array([1.0, 0.25]), 24),
    )

    assert found.value == pytest.approx(2 / 3)
    assert found.draws == pytest.approx([2 / 3, 0.25])
    assert found.n == 24


@pytest.mark.parametrize(("first", "second"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_nothing_of_either_is_nothing(first: float, second: float) -> None:
    """Neither a robust ruin nor an untouched model scores."""
    found = harmonic(
        BootstrapStatistic(first, np.array([first]), 2),
        BootstrapStatistic(second, np.array([second]), 2),
    )

    assert found.value == 0
    assert found.draws.tolist() == [0.0]


def test_contributions_follow_the_slope() -> None:
    """A small step of either moves the mean by as much as a concept's contribution says."""
    a, b, step = 0.7, 0.4, 1e-6

    def mean(first: float, second: float) -> float:
        return 2 * first * second / (first + second)

    found = harmonic_contributions(a, b, np.array([a + step, a]), np.array([b, b + step]))

    assert found == pytest.approx([mean(a + step, b), mean(a, b + step)], abs=1e-11)
