"""The exact table of classes."""

from __future__ import annotations

from erasebench.concepts import OBJECTS
from erasebench.imagenet import CLASSES, IMAGENETTE


def test_folders_stand_for_exact_indices() -> None:
    """As ImageNet-1k numbers them, written out by hand."""
    assert {one.wnid: one.index for one in IMAGENETTE} == {
        "n01440764": 0,
        "n02102040": 217,
        "n02979186": 482,
        "n03000684": 491,
        "n03028079": 497,
        "n03394916": 566,
        "n03417042": 569,
        "n03425413": 571,
        "n03445777": 574,
        "n03888257": 701,
    }


def test_every_object_has_one_class() -> None:
    """And an order by folder is one by index, as in ImageNet-1k."""
    assert sorted(one.concept for one in CLASSES) == sorted(one.name for one in OBJECTS)
    assert [one.index for one in IMAGENETTE] == sorted(one.index for one in IMAGENETTE)
    assert [one.wnid for one in IMAGENETTE] == sorted(one.wnid for one in IMAGENETTE)
    by_folder = sorted(CLASSES, key=lambda one: one.wnid)
    assert [one.index for one in by_folder] == sorted(one.index for one in CLASSES)


def test_no_name_stands_for_two() -> None:
    """A whole name is enough to know the class by."""
    names = [name for one in CLASSES for name in one.names]

    assert len(names) == len(set(names))
