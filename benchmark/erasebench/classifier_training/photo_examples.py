"""Examples from a data set of labelled photographs, such as ImageNet-1k or a part of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from erasebench.classifier_training.data_set import DataSet, NoExamplesError
from erasebench.classifier_training.examples import Picture, squashed
from erasebench.concepts import Concept
from erasebench.recipes import ClassifierRecipe

SEED = 0
"""Of the choice of pictures without the concept."""


class PhotographedExamples:
    """All pictures of a concept in a split, and a sample of the others.

    Attributes:
        concept: the concept.
        positives, negatives: how many of either kind there are.

    Source: Lu et al. 2025, appendix D.5.
    Deviation: the sample is drawn from all of the split; the released code stops where it has
    enough, which leaves out the second half of ImageNet.
    """

    def __init__(
        self,
        concept: Concept,
        size: int,
        data: DataSet,
        label: str | None = None,
        negatives: int = ClassifierRecipe.negatives,
    ) -> None:
        """Finds the pictures; none is decoded.

        Args:
            concept: the concept.
            size: side of the base's pictures.
            data: one split of labelled photographs.
            label: its label for the concept; None for the one that stands for it.
            negatives: pictures without the concept, at most.

        Raises:
            NoExamplesError: if all pictures show the concept, or none does.
            UnknownNameError: if the data set has no such label.
        """
        self.concept = concept
        self._size = size
        self._data = data
        number = data.labelling.number_of(concept, label)
        self._label = data.labelling.name(number)
        shown = np.flatnonzero(data.numbers == number)
        others = np.flatnonzero(data.numbers != number)
        if not len(shown) or not len(others):
            raise NoExamplesError(
                f"{data.name}: Of its {data.split} split, {len(shown)} pictures are labelled "
                f"{self._label!r} and {len(others)} are not. Give a split that holds both."
            )
        rng = np.random.default_rng(SEED)
        chosen = rng.choice(others, min(negatives, len(others)), replace=False)
        self.positives, self.negatives = len(shown), len(chosen)
        self._rows = np.concatenate([shown, chosen])

    @property
    def recipe(self) -> Mapping[str, str | int]:
        """The data set, its label and how many were taken."""
        return {
            "pictures": self._data.name,
            "split": self._data.split,
            "of": len(self._data),
            "concept": self.concept.name,
            "label": self._label,
            "size": self._size,
            "seed": SEED,
            "positives": self.positives,
            "negatives": self.negatives,
        }

    def picture(self, index: int) -> Picture:
        """A photograph, decoded."""
        return squashed(self._data.image(int(self._rows[index])), self._size)
