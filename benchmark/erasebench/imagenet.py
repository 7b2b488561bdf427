"""The ImageNet-1k classes of the concepts: WordNet id, words and exact index of each.

The numbering of a data set is given by its label names or stated by the user, never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from erasebench.concepts import CONCEPTS

IMAGENET_CLASSES = 1_000
"""Labels of ImageNet-1k, numbered from 0 in the order of their folders' names."""

IMAGENET_1K = "ILSVRC/imagenet-1k@49e2ee26f3810fb5a7536bbf732a7b07389a47b5"
"""ImageNet-1k on the Hub, at a fixed commit; gated."""

IMAGENET_1K_SIZE = "about 160 GB, plus the same again while it is read"
"""Its size in the cache of the datasets library."""

Numbering = Literal["imagenet-1k", "imagenette"]
"""Numbering of labels: the 1000 classes of ImageNet-1k, or the ten of Imagenette from 0 to 9."""


@dataclass(frozen=True)
class ImagenetClass:
    """An ImageNet-1k class that is a concept.

    Attributes:
        concept: the concept's name.
        wnid: WordNet id, the name of its folder.
        words: its name in ImageNet-1k on the Hub.
    """

    concept: str
    wnid: str
    words: str

    @property
    def index(self) -> int:
        """Index among the 1000 classes."""
        index = CONCEPTS[self.concept].imagenet_index
        assert index is not None
        return index

    @property
    def names(self) -> frozenset[str]:
        """Names of the class in data sets."""
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
"""The ten classes of Imagenette in the order of their folders' names."""

CLASSES = (*IMAGENETTE, ImagenetClass("airliner", "n02690373", "airliner"))
"""All classes that are concepts."""
