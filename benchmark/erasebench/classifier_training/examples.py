"""What a latent classifier learns from: numbered pictures with and without a concept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

from erasebench.concepts import Concept

Picture = npt.NDArray[np.uint8]


@runtime_checkable
class Examples(Protocol):
    """Pictures of a concept, and after them pictures without it; equal numbers, equal pictures."""

    @property
    def concept(self) -> Concept:
        """The concept."""
        ...

    @property
    def recipe(self) -> Mapping[str, str | int]:
        """What fixes the pictures, in words and numbers."""
        ...

    @property
    def positives(self) -> int:
        """Pictures 0 to positives − 1 show the concept."""
        ...

    @property
    def negatives(self) -> int:
        """As many follow, which do not."""
        ...

    def picture(self, index: int) -> Picture:
        """A picture as the base's VAE takes it: uint8 (H, W, 3), RGB."""
        ...


def examples_digest(examples: Examples) -> str:
    """SHA-256 of what fixes the pictures, and of the first of either kind, hex.

    The two pictures show when other files lie under the same names, or drawings are drawn anew.
    """
    total = hashlib.sha256(json.dumps(dict(examples.recipe), sort_keys=True).encode())
    for index in (0, examples.positives):
        total.update(examples.picture(index).tobytes())
    return total.hexdigest()


def squashed(image: Image.Image, size: int) -> Picture:
    """An image as a square of the base's size; its aspect ratio is not kept, as in the paper.

    Args:
        image: of any mode and size.
        size: side in pixels.

    Returns:
        uint8 (size, size, 3), RGB.
    """
    # Asking for the size it has gives the same pixels back.
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))
