"""What label numbers stand for."""

from __future__ import annotations

import pytest

from erasebench.classifier_training.labelling import LabelsError, labelling_of
from erasebench.concepts import CONCEPTS, OBJECTS
from erasebench.errors import UnknownNameError
from erasebench.imagenet import CLASSES, IMAGENETTE, Numbering

WNIDS = tuple(one.wnid for one in IMAGENETTE)
TEN = {name: number for number, name in enumerate(one.concept for one in IMAGENETTE)}
THOUSAND = {one.concept: one.index for one in CLASSES}


def imagenet_names() -> list[str]:
    """A thousand names, of which those of our classes are as on the Hub."""
    names = [f"class {index}" for index in range(1000)]
    for one in CLASSES:
        names[one.index] = one.words
    return names


def numbers(names: tuple[str, ...] | None, stated: Numbering | None) -> dict[str, int]:
    """The label number of every object that has one."""
    labelling = labelling_of("data", names, stated)
    found = {}
    for concept in OBJECTS:
        try:
            found[concept.name] = labelling.number_of(concept)
        except UnknownNameError:
            assert concept.imagenet_index not in labelling.numbers
    return found


@pytest.mark.parametrize(
    "names",
    [
        WNIDS,
        tuple(one.concept for one in IMAGENETTE),
        tuple(one.words for one in IMAGENETTE),
        tuple(one.words.split(",")[0] for one in IMAGENETTE),
    ],
    ids=["folders", "concepts", "words", "first words"],
)
@pytest.mark.parametrize("stated", [None, "imagenette"])
def test_the_ten_are_told_by_their_names(names: tuple[str, ...], stated: Numbering | None) -> None:
    """Whatever sort of name they bear; the other order gives other numbers."""
    assert numbers(names, stated) == TEN
    assert numbers(names[::-1], None) == {name: 9 - number for name, number in TEN.items()}


def test_the_thousand_are_told_by_their_names() -> None:
    """By words as on the Hub, or by folders, of which the order says all."""
    folders = sorted({f"n{number:08d}" for number in range(989)} | {one.wnid for one in CLASSES})
    assert len(folders) == 1000

    assert numbers(tuple(imagenet_names()), None) == THOUSAND
    assert numbers(tuple(folders), None) == {
        one.concept: folders.index(one.wnid) for one in CLASSES
    }


def test_a_thousand_in_another_order_count_by_it() -> None:
    """Church's index is that of another class there; a statement to the contrary is refused."""
    names = tuple(sorted(imagenet_names()))

    found = numbers(names, None)

    assert found == {one.concept: names.index(one.words) for one in CLASSES}
    assert found != THOUSAND
    with pytest.raises(LabelsError, match="another number in imagenet-1k"):
        labelling_of("data", names, "imagenet-1k")


def test_a_thousand_without_words_are_as_stated() -> None:
    """By the exact index."""
    names = tuple(f"class {index}" for index in range(1000))

    assert numbers(names, "imagenet-1k") == THOUSAND
    unstated = labelling_of("data", names, None)
    assert unstated.number_of(CONCEPTS["church"], "class 3") == 3
    with pytest.raises(LabelsError, match="add --labels imagenet-1k"):
        unstated.number_of(CONCEPTS["church"])


def test_bare_numbers_are_as_stated() -> None:
    """0 to 9 may be Imagenette's ten, or fishes and birds of ImageNet-1k."""
    with pytest.raises(LabelsError, match=r"no names.*imagenet-1k or imagenette"):
        labelling_of("data", None, None)

    assert numbers(None, "imagenette") == TEN
    assert numbers(None, "imagenet-1k") == THOUSAND
    assert labelling_of("data", None, "imagenette").name(4) == "4"


def test_a_label_of_bare_numbers_may_be_named() -> None:
    """By its number."""
    labelling = labelling_of("data", None, "imagenet-1k")

    assert labelling.number_of(CONCEPTS["church"], "498") == 498
    with pytest.raises(UnknownNameError, match="Unknown label 'church'"):
        labelling.number_of(CONCEPTS["church"], "church")


@pytest.mark.parametrize(
    ("names", "stated", "problem"),
    [
        (WNIDS, "imagenet-1k", "It has 10 labels, but imagenet-1k has 1000"),
        (WNIDS[:9], "imagenette", "It has 9 labels, but imagenette has 10"),
        (WNIDS[::-1], "imagenette", "Its label 9 is named 'n01440764'"),
    ],
)
def test_a_statement_that_names_deny_is_refused(
    names: tuple[str, ...], stated: Numbering, problem: str
) -> None:
    """Neither is taken for right."""
    with pytest.raises(LabelsError, match=problem):
        labelling_of("data", names, stated)


def test_names_are_taken_whole() -> None:
    """A part of a name stands for nothing."""
    names = ("church mouse", "golf ball, used", "parachutes", "horn", "spring")

    assert numbers(names, None) == {}
