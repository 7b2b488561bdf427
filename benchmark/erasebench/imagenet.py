"""The classes of ImageNet-1k that concepts stand for: folder, words and exact index of each.

A data set says by its labels' names which numbers it counts by, or whoever gives it says so; where
neither does, nothing is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from erasebench.concepts import CONCEPTS

IMAGENET_CLASSES = 1_000
"""Labels of ImageNet-1k, numbered from 0 in the order of their folders' names."""

IMAGENET_1K = "ILSVRC/imagenet-1k@49e2ee26f3810fb5a7536bbf732a7b07389a47b5"
"""ImageNet-1k on the Hub, at the commit that is used; gated."""

IMAGENET_1K_SIZE = "some 160 GB, and as much again as it is read"
"""What it takes where the datasets library keeps it."""

Numbering = Literal["imagenet-1k", "imagenette"]
"""What label numbers count: the thousand of ImageNet-1k, or the ten of Imagenette from 0 to 9."""


@dataclass(frozen=True)
class ImagenetClass:
    """A class of ImageNet-1k that is one of our concepts.

    Attributes:
        concept: the concept's name.
        wnid: its WordNet id, after which folders are named.
        words: what ImageNet-1k on the Hub calls it.
    """

    concept: str
    wnid: str
    words: str

    @property
    def index(self) -> int:
        """Its number among the thousand."""
        index = CONCEPTS[self.concept].imagenet_index
        assert index is not None
        return index

    @property
    def names(self) -> frozenset[str]:
        """Whole names by which data sets call it."""
        return frozenset({self.concept, self.wnid, self.words, self.words.partition(",")[0]})


IMAGENETTE = (
    ImagenetClass("tench", "n01440764", "tench, Tinca tinca"),
    ImagenetClass(
        "english_springer_spaniel",
        "n02102040",
        "English springer, English springer spaniel",
    ),
    ImagenetClass("cassette_player", "n02979186", "cassette player"),
    ImagenetClass("chainsaw", "n03000684", "chain saw, chainsaw"),
    ImagenetClass("church", "n03028079", "church, church building"),
    ImagenetClass("french_horn", "n03394916", "French horn, horn"),
    ImagenetClass("garbage_truck", "n03417042", "garbage truck, dustcart"),
    ImagenetClass(
        "gas_pump",
        "n03425413",
        "gas pump, gasoline pump, petrol pump, island dispenser",
    ),
    ImagenetClass("golf_ball", "n03445777", "golf ball"),
    ImagenetClass("parachute", "n03888257", "parachute, chute"),
)
"""The ten classes of Imagenette in its order, which is that of its folders' names."""

CLASSES = (*IMAGENETTE, ImagenetClass("airliner", "n02690373", "airliner"))
"""Every class that is one of our concepts."""
