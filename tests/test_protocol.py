"""Protocols: what their digests cover, and that their parts fit together."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from erasebench.concepts import CONCEPTS, Concept
from erasebench.errors import UnknownNameError
from erasebench.manifest.patterns import COMMIT
from erasebench.probes.registry import probes_of
from erasebench.protocol import (
    PICTOGRAM_V1,
    PROTOCOLS,
    SD14_V1,
    CentreSquare,
    Protocol,
    protocol_named,
)
from erasebench.protocol.retention import retention_questions
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
    "centre": replace(PICTOGRAM_V1.centre, pixels=(0, 8), vae_factor=4),
    "accepted_draws": 11,
    "inversion": replace(PICTOGRAM_V1.inversion, learning_rate=2e-3),
    "inversion_pictures": 99,
    "prefixes": replace(PICTOGRAM_V1.prefixes, timesteps_per_try=4),
    "relearning": replace(PICTOGRAM_V1.relearning, updates=49),
    "relearning_pictures": 15,
    "tracing_points": 5,
    "tracing_seeds": 15,
    "ranked_probes": ("noise",),
    "photographs": "some-org/pictures@" + "0" * 40,
}

UNCHANGING = {"architecture": "another", "seasonal": True, "shown_probes": ()}
"""Changes of the fields that move no score."""


def test_every_field_has_a_change() -> None:
    """The tables above miss no field, so the next two tests cover them all."""
    assert {*CHANGES, *UNCHANGING} == {field.name for field in fields(Protocol)}


@pytest.mark.parametrize("field", CHANGES)
def test_changing_anything_changes_the_digest(field: str) -> None:
    """Promise 6: whatever can move a score is in the digest."""
    changed = replace(PICTOGRAM_V1, **{field: CHANGES[field]})

    assert PICTOGRAM_V1.digest != changed.digest


@pytest.mark.parametrize("field", UNCHANGING)
def test_what_moves_no_score_is_no_part_of_the_digest(field: str) -> None:
    """Rows stay comparable when a protocol shows another probe, or becomes seasonal."""
    changed = replace(PICTOGRAM_V1, **{field: UNCHANGING[field]})

    assert changed != PICTOGRAM_V1
    assert PICTOGRAM_V1.digest == changed.digest


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


@pytest.mark.parametrize(
    ("protocol", "side", "cells"), [(PICTOGRAM_V1, 16, (4, 12)), (SD14_V1, 64, (18, 46))]
)
def test_masked_pixels_are_the_masked_cells(
    protocol: Protocol, side: int, cells: tuple[int, int]
) -> None:
    """The centre square is the same square in pixels and in latent cells, which follow from it."""
    factor = protocol.image_size // side

    assert protocol.centre.cells == cells
    assert protocol.centre.pixels == tuple(factor * cell for cell in cells)


def test_a_square_that_cuts_through_cells_is_refused() -> None:
    """Half a cell can be neither masked nor kept."""
    with pytest.raises(ValueError, match=r"\(18, 48\) cut through cells of 4"):
        CentreSquare(pixels=(18, 48), grey=128, vae_factor=4)


def test_another_factor_makes_another_digest() -> None:
    """The cells are in the digest, as what inpainting masks."""
    square = replace(PICTOGRAM_V1.centre, vae_factor=2)

    assert square.cells == (8, 24)
    assert replace(PICTOGRAM_V1, centre=square).digest != PICTOGRAM_V1.digest


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_the_parts_of_a_protocol_fit_together(protocol: Protocol) -> None:
    """What ranks is there, and what is measured under a setting is in its grid."""
    assert set(protocol.ranked_probes) <= set(probes_of(protocol))
    assert set(protocol.shown_probes) <= set(probes_of(protocol))
    assert not set(protocol.shown_probes) & set(protocol.ranked_probes)
    assert set(protocol.completion_ranked) <= set(protocol.completion_starts)
    for start in protocol.completion_starts:
        ranked = f"diffusion_completion_{start}" in protocol.ranked_probes
        assert ranked == (start in protocol.completion_ranked)
    assert max(protocol.completion_starts) < protocol.steps
    assert protocol.hard_retention_eta in protocol.noise_etas
    assert set(protocol.hard_retention) <= set(protocol.retention)
    assert 1.0 in protocol.noise_scales


def test_sd14_has_the_sizes_of_the_paper_s_suite() -> None:
    """Twenty-four variants of noise and of each kind of guidance, ten objects, thirty prompts."""
    probes = probes_of(SD14_V1)

    for name in ("noise", "classifier_guidance", "guidance_noise"):
        assert len(probes[name].settings(SD14_V1)) == 24
    assert SD14_V1.guidance_scales[-1] == 186
    assert SD14_V1.prefixes.tries == 20
    assert len(SD14_V1.ranked) == 10
    assert SD14_V1.hard_retention == ("english_springer_spaniel", "airliner", "garbage_truck")
    assert SD14_V1.preview


def test_a_model_of_the_hub_is_named_by_a_whole_commit() -> None:
    """Nothing of `sd14-v1` is a branch, and no two models lie in one folder."""
    assert all(COMMIT.matches(str(pin.revision)) for pin in SD14_V1.models)
    assert len({pin.folder for pin in SD14_V1.models}) == len(SD14_V1.models) == 4
    assert all(pin.revision is None for pin in PICTOGRAM_V1.models)


@pytest.mark.parametrize(
    "change",
    [{"revision": "0" * 40}, {"tensors_digest": "0"}, {"files": ("unet/config.json",)}],
    ids=str,
)
def test_what_is_pinned_on_the_hub_is_in_the_digest(change: dict[str, object]) -> None:
    """Another commit, digest or file is another protocol."""
    assert replace(SD14_V1, base=replace(SD14_V1.base, **change)).digest != SD14_V1.digest


def test_unknown_names_suggest_the_nearest() -> None:
    """A misspelt protocol, and a concept that the protocol does not know, are refused."""
    with pytest.raises(UnknownNameError, match="Did you mean 'pictogram-v1'"):
        protocol_named("pictogram")
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        PICTOGRAM_V1.concept("churhc")


TOY = replace(
    PICTOGRAM_V1,
    retention=("tench", "airliner", "picasso"),
    hard_retention=("tench",),
    retention_prompts=4,
)


def test_every_way_of_asking_for_what_must_survive_by_hand() -> None:
    """An object in three ways, a hard one under each condition, a style by its prompt alone."""
    asked = retention_questions(TOY, "church", ["noise", "inpainting_crop"])
    ways = {name: {probe for target, probe in asked if target == name} for name in TOY.retention}
    other_words = {"standard_prompt", "indirect_prompt", "painted_prompt"}

    assert ways == {
        "tench": other_words | {"inpainting_crop", "noise"},
        "airliner": other_words,
        "picasso": {"standard_prompt"},
    }
    assert set(asked.values()) == {(0, 1, 2, 3)}


def test_no_picture_in_an_erased_style_is_asked_for() -> None:
    """Index 1 of painted prompts is Picasso's, so that its erasure is not counted as damage."""
    asked = retention_questions(TOY, "picasso", ())

    assert asked["tench", "painted_prompt"] == (0, 2, 3)
    assert not any(target == "picasso" for target, _ in asked)
