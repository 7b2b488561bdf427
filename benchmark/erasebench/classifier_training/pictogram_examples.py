"""Examples from the drawn world, for the bundled base."""

from __future__ import annotations

import random
from collections.abc import Mapping

from PIL import Image

from erasebench.classifier_training.examples import Picture, squashed
from erasebench.concepts import Concept
from erasebench.pictogram.drawings import STYLED_SHARE, Drawings, draw
from erasebench.pictogram.source import HELD_OUT


class DrawnExamples:
    """Drawings of an object; then drawings of the other objects and of further things.

    Either kind is styled as often as the base's own training pictures are, and the second mixed as
    these are without the object.

    Attributes:
        concept: an object.
        positives, negatives: how many of either kind.
    """

    def __init__(
        self,
        concept: Concept,
        size: int,
        positives: int,
        negatives: int,
        *,
        held_out: bool = False,
    ) -> None:
        """Examples to train on, or others.

        Args:
            concept: an object.
            size: side of the base's pictures.
            positives: drawings of it.
            negatives: drawings of anything else.
            held_out: whether these are drawings that no training uses.
        """
        self.concept = concept
        self.positives = positives
        self.negatives = negatives
        self._size = size
        self._first = HELD_OUT if held_out else 0
        self._others = Drawings(without=(concept.name,))

    @property
    def recipe(self) -> Mapping[str, str | int]:
        """Drawings, how many and from which number on."""
        return {
            "pictures": Drawings.kind,
            "concept": self.concept.name,
            "size": self._size,
            "first": self._first,
            "positives": self.positives,
            "negatives": self.negatives,
        }

    def picture(self, index: int) -> Picture:
        """A drawing, the same on every call and machine."""
        if index >= self.positives:
            drawing = self._others.example(self._first + index - self.positives).picture
        else:
            rng = random.Random(f"erasebench {self.concept.name} {self._first + index}")
            style = rng.choice(self._others.styles) if rng.random() < STYLED_SHARE else None
            drawing = draw(self.concept.name, style, rng)
        return squashed(Image.fromarray(drawing), self._size)
