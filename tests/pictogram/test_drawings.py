"""The drawn world: the same everywhere, true to its captions, varied."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter

import numpy as np
import pytest

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES, Concept
from erasebench.pictogram.drawings import THING_ARTISTS, Drawings, draw
from erasebench.pictogram.source import HELD_OUT, PictureSource

FIRST_FORTY = "e7a84af547f7e44c4fb0a27944d5138760b0b858aa069c29bd75f89361e1b4d5"
"""SHA-256 of the values of the first forty drawings."""


def test_drawings_are_a_picture_source() -> None:
    """The recipe can take its pictures from the drawn world."""
    assert isinstance(Drawings(), PictureSource)


def test_an_index_always_gives_the_same_drawing() -> None:
    """The first drawings are, to the bit, those that the bundled models were trained on."""
    pictures = [Drawings().example(index).picture for index in range(40)]
    digest = hashlib.sha256(np.stack(pictures).tobytes()).hexdigest()

    assert FIRST_FORTY == digest


def test_an_example_does_not_depend_on_those_before_it() -> None:
    """Drawing out of order gives the same drawing."""
    world = Drawings()
    alone = world.example(HELD_OUT + 7)
    for index in range(5):
        world.example(index)

    assert np.array_equal(alone.picture, world.example(HELD_OUT + 7).picture)


def test_there_are_enough_further_things() -> None:
    """At least 24 things are no concept, and every object has an artist."""
    world = Drawings()

    assert len(THING_ARTISTS) >= 24
    assert set() == set(THING_ARTISTS) & set(CONCEPTS)
    assert set(world.things) == {*THING_ARTISTS, *(concept.name for concept in OBJECTS)}


def test_captions_are_true_and_known() -> None:
    """A caption names the style and, but for descriptions and bare styles, the thing."""
    world = Drawings()
    known = set(world.captions())
    for index in range(300):
        example = world.example(index)
        concept = CONCEPTS.get(example.thing)
        words = concept.label if concept else example.thing
        described = concept is not None and example.caption in concept.descriptions

        assert example.caption in known
        if example.style is not None:
            assert CONCEPTS[example.style].label in example.caption
        else:
            assert described or words in example.caption


def test_no_object_fills_the_world() -> None:
    """No thing takes more than 5 % of the drawings, so that the empty prompt shows none often."""
    shown = Counter(Drawings().example(index).thing for index in range(1_000))

    assert max(shown.values()) / 1_000 <= 0.05


@pytest.mark.parametrize("left_out", ["church", "tree", "picasso"])
def test_what_is_left_out_is_nowhere(left_out: str) -> None:
    """A world without something has no picture and no caption of it."""
    world = Drawings(without=(left_out,))
    concept = CONCEPTS.get(left_out)
    words = concept.label if concept else left_out
    named = re.compile(rf"\b{words}\b", re.IGNORECASE)
    examples = [world.example(index) for index in range(200)]
    captions = {*world.captions(), *(example.caption for example in examples)}

    assert left_out not in (*world.things, *world.styles)
    # Else the search below could not find anything.
    assert any(named.search(caption) for caption in Drawings().captions())
    assert [] == [caption for caption in captions if named.search(caption)]
    assert captions.isdisjoint(concept.descriptions if concept else ())
    assert [] == [e for e in examples if left_out in (e.thing, e.style)]


@pytest.mark.parametrize("style", [None, *(style.name for style in STYLES)])
def test_two_drawings_of_one_thing_differ_widely(style: str | None) -> None:
    """Colours, place, size, turn and background vary, so no single picture can be learnt."""
    drawn = [draw("church", style, random.Random(seed)).astype(float) for seed in range(8)]
    gaps = [np.abs(a - b).mean() for i, a in enumerate(drawn) for b in drawn[:i]]

    assert min(gaps) > 15


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_a_style_changes_the_picture_and_keeps_its_shape(style: Concept) -> None:
    """A styled drawing is a uint8 picture of the same size, far from the plain one."""
    plain = draw("tench", None, random.Random(3))
    styled = draw("tench", style.name, random.Random(3))

    assert plain.shape == styled.shape == (64, 64, 3)
    assert styled.dtype == np.uint8
    assert np.abs(plain.astype(float) - styled).mean() > 15
