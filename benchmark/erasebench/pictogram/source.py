"""The interface of training image sources: numbered, deterministic, endless."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

HELD_OUT = 1_000_000
"""Examples from this index on are never trained on; quality is measured on them."""


@dataclass(frozen=True)
class Example:
    """One image with its caption and labels.

    Attributes:
        picture: uint8 (H, W, 3), RGB.
        caption: one true caption, chosen at random among the possible ones.
        thing: what is shown, e.g. `church`, or `tree` for a thing that is no concept.
        style: name of a style applied to the image, e.g. `van_gogh`, or None.
    """

    picture: Picture
    caption: str
    thing: str
    style: str | None


@runtime_checkable
class PictureSource(Protocol):
    """A source of images. The same index always gives the same example.

    Attributes:
        kind: kind of the images in one word, e.g. `drawings`.
        without: things and styles that were left out, sorted.
        things: every thing that may be shown, concepts and others, sorted.
        styles: every style that may be applied, sorted.
    """

    kind: str
    without: tuple[str, ...]
    things: tuple[str, ...]
    styles: tuple[str, ...]

    def captions(self) -> tuple[str, ...]:
        """Every possible caption, sorted; the tokenizer is trained on them."""
        ...

    def example(self, index: int) -> Example:
        """The example of this index, the same on every call and machine.

        Args:
            index: any non-negative integer; those from `HELD_OUT` on are held out.
        """
        ...
