"""Drawn examples."""

from __future__ import annotations

import numpy as np

from erasebench.classifier_training.examples import Examples, examples_digest
from erasebench.classifier_training.pictogram_examples import DrawnExamples
from erasebench.concepts import CONCEPTS

CHURCH = CONCEPTS["church"]


def test_positives_come_first_and_the_rest_are_other_drawings() -> None:
    """As many of either kind as is asked, each of the base's size, no two alike."""
    examples = DrawnExamples(CHURCH, 32, 3, 4)
    pictures = [examples.picture(index) for index in range(7)]

    assert isinstance(examples, Examples)
    assert {(picture.shape, picture.dtype) for picture in pictures} == {
        ((32, 32, 3), np.dtype(np.uint8))
    }
    assert len({picture.tobytes() for picture in pictures}) == 7


def test_what_is_not_the_concept_never_shows_it() -> None:
    """The negatives are the drawn world without the concept, example by example."""
    others = DrawnExamples(CHURCH, 64, 0, 1)._others

    assert "church" not in others.things
    assert {"tench", "gas_pump"} <= set(others.things)
    assert len(others.styles) == 3


def test_a_number_always_gives_the_same_drawing() -> None:
    """Also in another object and whatever was drawn before."""
    first, second = DrawnExamples(CHURCH, 64, 5, 5), DrawnExamples(CHURCH, 64, 5, 5)
    first.picture(9)

    for index in (2, 7):
        assert np.array_equal(first.picture(index), second.picture(index))


def test_held_out_drawings_are_others() -> None:
    """Neither kind has a picture in common with those that are trained on."""
    own, held_out = DrawnExamples(CHURCH, 64, 4, 4), DrawnExamples(CHURCH, 64, 4, 4, held_out=True)
    pictures = {one.picture(index).tobytes() for one in (own, held_out) for index in range(8)}

    assert len(pictures) == 16


def test_whatever_moves_a_picture_moves_the_digest() -> None:
    """Concept, size, counts and whether they are held out."""
    digests = {
        examples_digest(examples)
        for examples in (
            DrawnExamples(CHURCH, 64, 4, 4),
            DrawnExamples(CONCEPTS["tench"], 64, 4, 4),
            DrawnExamples(CHURCH, 32, 4, 4),
            DrawnExamples(CHURCH, 64, 5, 4),
            DrawnExamples(CHURCH, 64, 4, 5),
            DrawnExamples(CHURCH, 64, 4, 4, held_out=True),
        )
    }

    assert len(digests) == 6
    assert examples_digest(DrawnExamples(CHURCH, 64, 4, 4)) in digests
