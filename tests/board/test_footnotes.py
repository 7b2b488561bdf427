"""What stands where a figure does not, or beside one that does not count."""

from __future__ import annotations

import pytest

from erasebench.board.footnotes import gap_of, pooled_sign_of, sign_of
from erasebench.results.facts import ProbeFacts
from erasebench.results.result import Result
from erasebench.results.score import Standing, why_no_verdict
from tests.board.conftest import BLUNT


def test_gap_says_whether_a_probe_was_left_out_or_cannot_be_asked(bare: Result) -> None:
    """A style has no descriptions, and what was not edited cannot be swapped back."""
    described, swapped = facts(bare, "indirect_prompt"), facts(bare, "encoder_swap")

    assert gap_of(described, "style", ("unet",)).meaning == "does not apply to a style"
    assert gap_of(described, "object", ("unet",)).meaning == "not run"
    assert gap_of(swapped, "object", ("unet",)).word == "n/a"
    assert gap_of(swapped, "object", ("unet", "text_encoder")).word == "–"


def test_probe_that_cannot_tell_models_apart_is_marked(scored: Result) -> None:
    """Its figure stands, and does not count."""
    signs = {probe.name: sign_of(probe, scored.cells[0], scored) for probe in scored.probes}
    marked = {name for name, sign in signs.items() if sign and sign.word == "no contrast"}

    assert marked == {BLUNT}
    assert signs["standard_prompt"] is None
    assert signs["encoder_swap"] is not None


def test_failed_probe_is_marked_with_references_or_without(bare: Result) -> None:
    """What the self-check of a set-up found does not hang on floors."""
    sign = sign_of(facts(bare, "noise"), bare.cells[0], bare)

    assert sign is not None
    assert sign.word == "probe failed"


def test_pooled_probe_has_the_sign_of_its_standing(scored: Result) -> None:
    """Over several concepts as in each of them."""
    assert scored.score is not None
    signs = {one.probe: pooled_sign_of(one) for one in scored.score.probes}

    assert {name: sign.word for name, sign in signs.items() if sign} == {
        "encoder_swap": "n/a",
        BLUNT: "no contrast",
    }


def test_concept_that_does_not_rank_has_no_verdict() -> None:
    """And never will."""
    assert why_no_verdict(None) == "No verdict: the concept does not rank."


def test_bare_result_lacks_a_model_that_never_knew(bare: Result) -> None:
    """Its failed probe is named beside."""
    assert why_no_verdict(bare.cells[0].score) == (
        "No verdict: noise failed the check of the set-up; "
        "there is no model that never knew the concept to measure against."
    )


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ("missing", "noise not run"),
        ("failed", "noise failed the check of the set-up"),
        ("no reference", "there is no model that never knew the concept to measure against"),
        (
            "no span",
            "noise finds no more in the unedited base than in a model that never knew the concept",
        ),
        ("ranked", "a control, or resampling, is missing"),
    ],
)
def test_what_a_verdict_wants_is_said(scored: Result, standing: Standing, reason: str) -> None:
    """With all probes, a control."""
    score = scored.cells[0].score
    assert score is not None
    probes = tuple(
        one.model_copy(update={"standing": standing}) if one.probe == "noise" else one
        for one in score.probes
    )
    wanting = score.model_copy(update={"probes": probes, "verdict": None})

    assert why_no_verdict(wanting) == f"No verdict: {reason}."


def facts(result: Result, name: str) -> ProbeFacts:
    """A probe of a result."""
    return next(probe for probe in result.probes if probe.name == name)
