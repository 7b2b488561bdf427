"""Training examples of a latent classifier: numbered images with and without a concept."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from erasebench.concepts import Concept
from erasebench.pictogram.drawings import STYLED_SHARE, Drawings, draw
from erasebench.pictogram.source import HELD_OUT

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Examples:
    """Images of a concept, followed by images without it. Equal numbers give equal images.

    Attributes:
        concept: the concept.
        positives: images 0 to positives - 1 show the concept.
        negatives: number of images without it, which follow.
        recipe: everything that determines the images.
        picture: image of a number, at the size that the base's VAE takes: uint8 (H, W, 3), RGB.
    """

    concept: Concept
    positives: int
    negatives: int
    recipe: Mapping[str, str | int]
    picture: Callable[[int], Picture]


def examples_digest(examples: Examples) -> str:
    """SHA-256 of the recipe and of the first image of each kind, hex.

    The images reveal changed files under the same names, and changes to the drawing code.
    """
    total = hashlib.sha256(json.dumps(dict(examples.recipe), sort_keys=True).encode())
    for index in (0, examples.positives):
        total.update(examples.picture(index).tobytes())
    return total.hexdigest()


def squashed(image: Image.Image, size: int) -> Picture:
    """An image resized to a square; the aspect ratio is not kept, as in the paper.

    Args:
        image: of any mode and size.
        size: side in pixels.

    Returns:
        uint8 (size, size, 3), RGB.
    """
    # Resizing to the same size returns the same pixels.
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))


def drawn_examples(
    concept: Concept, size: int, positives: int, negatives: int, *, held_out: bool = False
) -> Examples:
    """Drawings of an object, then drawings of other objects and things.

    Styles are as frequent as in the base's training images. The negatives are the training
    distribution without the object.

    Args:
        concept: an object.
        size: side of the base's images.
        positives: number of drawings of the object.
        negatives: number of drawings of anything else.
        held_out: whether to use drawings that no training uses.
    """
    first = HELD_OUT if held_out else 0
    others = Drawings(without=(concept.name,))

    def picture(index: int) -> Picture:
        if index >= positives:
            drawing = others.example(first + index - positives).picture
        else:
            rng = random.Random(f"erasebench {concept.name} {first + index}")
            style = rng.choice(others.styles) if rng.random() < STYLED_SHARE else None
            drawing = draw(concept.name, style, rng)
        return squashed(Image.fromarray(drawing), size)

    recipe: dict[str, str | int] = {
        "pictures": Drawings.kind,
        "concept": concept.name,
        "size": size,
        "first": first,
        "positives": positives,
        "negatives": negatives,
    }
    return Examples(concept, positives, negatives, recipe, picture)
