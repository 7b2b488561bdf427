"""Drawn examples."""

from __future__ import annotations

import numpy as np

from erasebench.classifier_training.examples import drawn_examples, examples_digest
from erasebench.concepts import CONCEPTS
from erasebench.pictogram.drawings import Drawings

CHURCH = CONCEPTS["church"]


def test_positives_come_first_and_the_rest_are_other_drawings() -> None:
    """As many of either kind as is asked, each of the base's size, no two alike."""
    examples = drawn_examples(CHURCH, 32, 3, 4)
    pictures = [examples.picture(index) for index in range(7)]

    assert {(picture.shape, picture.dtype) for picture in pictures} == {
        ((32, 32, 3), np.dtype(np.uint8))
    }
    assert len({picture.tobytes() for picture in pictures}) == 7


def test_what_is_not_the_concept_never_shows_it() -> None:
    """The negatives are the drawn world without the concept, example by example."""
    examples, others = drawn_examples(CHURCH, 64, 2, 5), Drawings(without=("church",))

    for index in range(5):
        assert np.array_equal(examples.picture(2 + index), others.example(index).picture)
    assert "church" not in others.things
    assert {"tench", "gas_pump"} <= set(others.things)
    assert len(others.styles) == 3


def test_a_number_always_gives_the_same_drawing() -> None:
    """Also in another object and whatever was drawn before."""
    first, second = drawn_examples(CHURCH, 64, 5, 5), drawn_examples(CHURCH, 64, 5, 5)
    first.picture(9)

    for index in (2, 7):
        assert np.array_equal(first.picture(index), second.picture(index))


def test_held_out_drawings_are_others() -> None:
    """Neither kind has a picture in common with those that are trained on."""
    own, held_out = (
        drawn_examples(CHURCH, 64, 4, 4),
        drawn_examples(CHURCH, 64, 4, 4, held_out=True),
    )
    pictures = {one.picture(index).tobytes() for one in (own, held_out) for index in range(8)}

    assert len(pictures) == 16


def test_whatever_moves_a_picture_moves_the_digest() -> None:
    """Concept, size, counts and whether they are held out."""
    digests = {
        examples_digest(examples)
        for examples in (
            drawn_examples(CHURCH, 64, 4, 4),
            drawn_examples(CONCEPTS["tench"], 64, 4, 4),
            drawn_examples(CHURCH, 32, 4, 4),
            drawn_examples(CHURCH, 64, 5, 4),
            drawn_examples(CHURCH, 64, 4, 5),
            drawn_examples(CHURCH, 64, 4, 4, held_out=True),
        )
    }

    assert len(digests) == 6
    assert examples_digest(drawn_examples(CHURCH, 64, 4, 4)) in digests
