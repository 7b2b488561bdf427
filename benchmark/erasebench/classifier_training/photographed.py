"""Examples from a data set of labelled photographs, such as ImageNet-1k or a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
from datasets import ClassLabel, Dataset, load_dataset

from erasebench.classifier_training.examples import Picture, squashed
from erasebench.concepts import Concept
from erasebench.errors import ErasebenchError, UnknownNameError
from erasebench.recipes import ClassifierRecipe

IMAGENET_CLASSES = 1_000
"""A data set with so many labels is taken for ImageNet-1k, in its usual order."""

SEED = 0
"""Of the choice of pictures without the concept."""


class NoExamplesError(ErasebenchError):
    """A data set that does not serve; the message says what is needed."""


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
        data: str,
        split: str,
        label: str | None = None,
        negatives: int = ClassifierRecipe.negatives,
    ) -> None:
        """Finds the pictures; none is decoded.

        Args:
            concept: the concept.
            size: side of the base's pictures.
            data: a folder with one folder of pictures a label, a folder of parquet files, one
                parquet file, or a repository on the Hub, as `owner/name@revision`.
            split: of the data set.
            label: its label for the concept; None for the concept's name, or its index where
                there are the labels of ImageNet-1k.
            negatives: pictures without the concept, at most.

        Raises:
            NoExamplesError: if there is no such data set, split, or picture.
            UnknownNameError: if the data set has no such label.
        """
        self.concept = concept
        self._size = size
        self._source = (data, split)
        self._data = _loaded(data, split)
        classes = cast("ClassLabel", self._data.features["label"])
        number = _number_of(concept, label, tuple(classes.names))
        self._label = classes.names[number]
        labels = np.asarray(self._data["label"][:])
        shown, others = np.flatnonzero(labels == number), np.flatnonzero(labels != number)
        if not len(shown) or not len(others):
            raise NoExamplesError(
                f"{data}: Of its {split} split, {len(shown)} pictures are labelled "
                f"{self._label!r} and {len(others)} are not. Give a split that holds both."
            )
        rng = np.random.default_rng(SEED)
        chosen = rng.choice(others, min(negatives, len(others)), replace=False)
        self.positives, self.negatives = len(shown), len(chosen)
        self._rows = np.concatenate([shown, chosen])

    @property
    def recipe(self) -> Mapping[str, str | int]:
        """The data set, its label and how many were taken."""
        data, split = self._source
        return {
            "pictures": data,
            "split": split,
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
        return squashed(self._data[int(self._rows[index])]["image"], self._size)


def _loaded(data: str, split: str) -> Dataset:
    """The split of a data set, its pictures still encoded."""
    try:
        if data.endswith(".parquet"):
            loaded = load_dataset("parquet", data_files=data, split=split)
        elif Path(data).is_dir():
            loaded = load_dataset(data, split=split)
        else:
            name, _, revision = data.partition("@")
            loaded = load_dataset(name, revision=revision or None, split=split)
    # What the library answers where there is no such data set, or no such split of it.
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise NoExamplesError(
            f"{data}: No {split} split of labelled pictures was found: {reason}. Give a folder "
            "with one folder of pictures a label, parquet files, or a repository on the Hub."
        ) from error
    found = cast("Dataset", loaded)
    if "image" not in found.features or not isinstance(found.features.get("label"), ClassLabel):
        raise NoExamplesError(
            f"{data}: Its columns are {', '.join(found.features)}; `image` and `label`, with the "
            "names of the labels, are needed."
        )
    return found


def _number_of(concept: Concept, label: str | None, names: tuple[str, ...]) -> int:
    if label is None and len(names) == IMAGENET_CLASSES and concept.imagenet_index is not None:
        return concept.imagenet_index
    wanted = label or concept.name
    if wanted not in names:
        raise UnknownNameError("label", wanted, names)
    return names.index(wanted)
