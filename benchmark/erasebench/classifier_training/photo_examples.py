"""Training examples from a data set of labelled photographs, such as ImageNet-1k."""

from __future__ import annotations

import numpy as np

from erasebench.classifier_training.data_set import DataSet, NoExamplesError
from erasebench.classifier_training.examples import Examples, squashed
from erasebench.concepts import Concept
from erasebench.recipes import ClassifierRecipe

SEED = 0
"""Seed of the choice of images without the concept."""


def photographed_examples(
    concept: Concept,
    size: int,
    data: DataSet,
    label: str | None = None,
    negatives: int = ClassifierRecipe.negatives,
) -> Examples:
    """All images of a concept in a split, and a sample of the others; none is decoded yet.

    Source: Lu et al. 2025, appendix D.5.
    Deviation: the sample is drawn from the whole split. The released code stops when it has
    enough images, which leaves out the second half of ImageNet.

    Args:
        concept: the concept.
        size: side of the base's images.
        data: one split of labelled photographs.
        label: label of the concept in the data set; None to find it.
        negatives: maximum number of images without the concept.

    Raises:
        NoExamplesError: if all images show the concept, or none does.
        UnknownNameError: if the data set has no such label.
    """
    number = data.labelling.number_of(concept, label)
    name = data.labelling.name(number)
    shown = np.flatnonzero(data.numbers == number)
    others = np.flatnonzero(data.numbers != number)
    if not len(shown) or not len(others):
        raise NoExamplesError(
            f"{data.name}: In its {data.split} split {len(shown)} images are labelled {name!r} "
            f"and {len(others)} are not. Use a split that has both."
        )
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(others, min(negatives, len(others)), replace=False)
    rows = np.concatenate([shown, chosen])
    recipe: dict[str, str | int] = {
        "pictures": data.name,
        "split": data.split,
        "of": len(data),
        "concept": concept.name,
        "label": name,
        "size": size,
        "seed": SEED,
        "positives": len(shown),
        "negatives": len(chosen),
    }
    return Examples(
        concept,
        len(shown),
        len(chosen),
        recipe,
        lambda index: squashed(data.image(int(rows[index])), size),
    )
