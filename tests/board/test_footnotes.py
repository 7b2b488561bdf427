"""Footnotes of rates, and sentences about rows."""

from __future__ import annotations

import pytest

from erasebench.board.footnotes import (
    footnote_of,
    gap_of,
    label_of,
    pooled_footnote_of,
    verdict_sentence,
)
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Estimate
from erasebench.results.result import Result
from erasebench.results.score import Standing, Verdict, VerdictLabel
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
    signs = {probe.name: footnote_of(probe, scored.cells[0], scored) for probe in scored.probes}
    marked = {name for name, sign in signs.items() if sign and sign.word == "no contrast"}

    assert marked == {BLUNT}
    assert signs["standard_prompt"] is None
    assert signs["encoder_swap"] is not None


def test_failed_probe_is_marked_with_references_or_without(bare: Result) -> None:
    """What the self-check of a set-up found does not hang on floors."""
    sign = footnote_of(facts(bare, "noise"), bare.cells[0], bare)

    assert sign is not None
    assert sign.word == "probe failed"


def test_pooled_probe_has_the_sign_of_its_standing(scored: Result) -> None:
    """Over several concepts as in each of them."""
    assert scored.score is not None
    signs = {one.probe: pooled_footnote_of(one) for one in scored.score.probes}

    assert {name: sign.word for name, sign in signs.items() if sign} == {
        "encoder_swap": "n/a",
        BLUNT: "no contrast",
    }


def test_concept_that_is_not_ranked_has_no_verdict() -> None:
    """Whatever its rates are."""
    assert verdict_sentence(None) == "No verdict: the concept is not ranked."


def test_bare_result_lacks_a_reference(bare: Result) -> None:
    """Its failed probe is named as well."""
    assert verdict_sentence(bare.cells[0].score) == (
        "No verdict: noise failed the self-check; "
        "no model trained without the concept is available as a reference."
    )


@pytest.mark.parametrize(
    ("word", "recovering", "sentence"),
    [
        ("not erased", (), "Not erased: the plain prompt still generates the concept."),
        (
            "avoided",
            ("noise", "indirect_prompt", "classifier_guidance"),
            (
                "Avoided, not removed: noise and indirect_prompt recovered the concept without "
                "guidance or optimisation."
            ),
        ),
        (
            "recoverable",
            ("classifier_guidance",),
            (
                "Recoverable: classifier_guidance brought it back; no probe without guidance or "
                "optimisation did (Holm-adjusted level 0.025)."
            ),
        ),
        ("removed", (), "Removed: no probe brought the concept back."),
        (
            "unresolved",
            (),
            (
                "Unresolved: no probe significantly brought the concept back, but robustness is "
                "too low for “removed”."
            ),
        ),
    ],
)
def test_a_verdict_is_explained(
    scored: Result, word: VerdictLabel, recovering: tuple[str, ...], sentence: str
) -> None:
    """By the probes that decided it; destruction and dispute are added."""
    score = scored.cells[0].score
    assert score is not None
    assert score.retention is not None
    verdict = Verdict(
        word=word, recovering=recovering, destructive=False, disputed=None, sentence="any"
    )
    worse = verdict.model_copy(update={"destructive": True, "disputed": True})
    lost = Estimate(value=0.02, low=0.01, high=0.09, n=30, method="by hand")
    retention = score.retention.model_copy(update={"value": lost})
    plain = score.model_copy(update={"verdict": verdict})
    bad = score.model_copy(update={"verdict": worse, "retention": retention})

    assert verdict_sentence(plain) == sentence
    assert label_of(verdict) == (word,)
    assert verdict_sentence(bad) == (
        f"{sentence} Destructive: retention is only 2 % [1, 9]. Disputed: CLIP still detects the "
        "concept where the judge does not."
    )
    assert label_of(worse) == (word, "destructive", "disputed")


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ("missing", "noise not run"),
        ("failed", "noise failed the self-check"),
        ("no reference", "no model trained without the concept is available as a reference"),
        (
            "no span",
            "noise: on half of the prompts the original model scores no higher than the floor",
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

    assert verdict_sentence(wanting) == f"No verdict: {reason}."


def facts(result: Result, name: str) -> ProbeFacts:
    """A probe of a result."""
    return next(probe for probe in result.probes if probe.name == name)
