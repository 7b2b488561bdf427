"""The concepts: words and indices that every protocol hangs on."""

from __future__ import annotations

import re

import pytest

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES, Concept, style_of


def test_indices_are_those_of_imagenet() -> None:
    """The eleven objects carry the published ImageNet-1k indices; styles carry none."""
    indices = {name: concept.imagenet_index for name, concept in CONCEPTS.items()}

    assert indices == {
        "english_springer_spaniel": 217,
        "airliner": 404,
        "garbage_truck": 569,
        "parachute": 701,
        "cassette_player": 482,
        "chainsaw": 491,
        "tench": 0,
        "french_horn": 566,
        "golf_ball": 574,
        "church": 497,
        "gas_pump": 571,
        "van_gogh": None,
        "picasso": None,
        "andy_warhol": None,
    }


@pytest.mark.parametrize("concept", OBJECTS, ids=lambda concept: concept.name)
def test_descriptions_do_not_name_the_object(concept: Concept) -> None:
    """Each object has five different descriptions, none of which holds a word of its name."""
    names = set(re.findall(r"[a-z]+", concept.label.lower()))
    words = [set(re.findall(r"[a-z]+", text.lower())) for text in concept.descriptions]

    assert len(set(concept.descriptions)) == 5
    assert [found & names for found in words] == [set()] * 5


def test_prompts_are_those_of_the_paper() -> None:
    """Objects are pictured, styles are painted in, and the article is always "a"."""
    assert CONCEPTS["airliner"].prompt == "a picture of a airliner"
    assert CONCEPTS["van_gogh"].prompt == "a painting in the style of Van Gogh"
    assert CONCEPTS["church"].painted_by(STYLES[1]) == (
        "a painting of a church in the style of Picasso"
    )


def test_styles_go_round_by_prompt_index() -> None:
    """Index 4 is painted in the second of three styles."""
    assert [style_of(index).name for index in (0, 1, 2, 4)] == [
        "van_gogh",
        "picasso",
        "andy_warhol",
        "picasso",
    ]
