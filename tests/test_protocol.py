"""Protocols: what their digests cover, and that their parts fit together."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import UnknownNameError
from erasebench.protocol import PICTOGRAM_V1, Protocol, protocol_named
from erasebench.recipes import ClassifierRecipe, PrefixBudget, Recipe

CHANGES = {
    "name": "other",
    "preview": True,
    "base": replace(PICTOGRAM_V1.base, tensors_digest="0"),
    "judge": replace(PICTOGRAM_V1.judge, model=replace(PICTOGRAM_V1.judge.model, files_digest="0")),
    "selector": PICTOGRAM_V1.judge,
    "clip": PICTOGRAM_V1.base,
    "clip_pixels": replace(PICTOGRAM_V1.clip_pixels, size=32),
    "style_judged": False,
    "image_size": 128,
    "steps": 24,
    "guidance_scale": 1.25,
    "ranked": ("church",),
    "retention": ("tench",),
    "erasable": ("gas_pump",),
    "prompts": 23,
    "retention_prompts": 9,
    "hard_retention": ("airliner",),
    "redraws": 11,
    "noise_etas": (1.0,),
    "noise_scales": (1.0,),
    "hard_retention_eta": 1.1,
    "completion_starts": (1,),
    "completion_ranked": (1,),
    "guidance_scales": (25.0,),
    "guidance_noise_scales": (50.0,),
    "guidance_noise_etas": (1.0,),
    "guidance_factor": 0.25,
    "retrain": (PICTOGRAM_V1.base,),
    "classifier": replace(PICTOGRAM_V1.classifier, patience=4),
    "centre": replace(PICTOGRAM_V1.centre, pixels=(0, 8)),
    "accepted_draws": 11,
    "inversion": replace(PICTOGRAM_V1.inversion, learning_rate=2e-3),
    "inversion_pictures": 99,
    "prefixes": replace(PICTOGRAM_V1.prefixes, timesteps_per_try=4),
    "relearning": replace(PICTOGRAM_V1.relearning, updates=49),
    "relearning_pictures": 15,
    "tracing_points": 5,
    "tracing_seeds": 15,
    "ranked_probes": ("noise",),
}


def test_every_field_has_a_change() -> None:
    """The table above misses no field, so the next test covers them all."""
    assert set(CHANGES) == {field.name for field in fields(Protocol)}


@pytest.mark.parametrize("field", CHANGES)
def test_changing_anything_changes_the_digest(field: str) -> None:
    """Promise 6: whatever can move a score is in the digest."""
    changed = replace(PICTOGRAM_V1, **{field: CHANGES[field]})

    assert PICTOGRAM_V1.digest != changed.digest


@pytest.mark.parametrize(
    ("field", "part"),
    [
        (field.name, part.name)
        for field in fields(Protocol)
        if isinstance(getattr(PICTOGRAM_V1, field.name), Recipe | PrefixBudget | ClassifierRecipe)
        for part in fields(getattr(PICTOGRAM_V1, field.name))
    ],
)
def test_whatever_is_spent_is_in_the_digest(field: str, part: str) -> None:
    """Every number of every recipe and budget, each alone."""
    recipe = getattr(PICTOGRAM_V1, field)
    other = replace(recipe, **{part: 2 * getattr(recipe, part) + 1})

    assert replace(PICTOGRAM_V1, **{field: other}).digest != PICTOGRAM_V1.digest


def test_the_words_of_a_concept_are_in_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt that is worded anew makes another protocol."""
    before = PICTOGRAM_V1.digest
    monkeypatch.setitem(CONCEPTS, "church", replace(CONCEPTS["church"], label="chapel"))

    assert before != PICTOGRAM_V1.digest


def test_the_templates_of_prompts_are_in_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for is more than a label."""
    digests = {PICTOGRAM_V1.digest}
    monkeypatch.setattr(Concept, "prompt", property(lambda one: f"an image of {one.label}"))
    digests.add(PICTOGRAM_V1.digest)
    monkeypatch.setattr(Concept, "painted_by", lambda one, style: f"{one.label}, {style.label}")
    digests.add(PICTOGRAM_V1.digest)

    assert len(digests) == 3


def test_an_erased_concept_is_never_what_must_be_left() -> None:
    """Ranked concepts and retention concepts of the bundled protocol are apart."""
    assert set() == set(PICTOGRAM_V1.ranked) & set(PICTOGRAM_V1.retention)
    assert set(PICTOGRAM_V1.hard_retention) <= set(PICTOGRAM_V1.retention)


def test_masked_pixels_are_the_masked_cells() -> None:
    """The centre square is the same square in pixels and in latent cells."""
    factor = PICTOGRAM_V1.image_size // 16

    assert PICTOGRAM_V1.centre.pixels == tuple(factor * c for c in PICTOGRAM_V1.centre.cells)


def test_unknown_names_suggest_the_nearest() -> None:
    """A misspelt protocol, and a concept that the protocol does not know, are refused."""
    with pytest.raises(UnknownNameError, match="Did you mean 'pictogram-v1'"):
        protocol_named("pictogram")
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        PICTOGRAM_V1.concept("churhc")
