"""Where the training recipe takes its pictures from: a numbered, deterministic, endless shelf."""

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
    """One picture and what is true of it.

    Attributes:
        picture: uint8 (H, W, 3), RGB.
        caption: one true caption; which of the possible ones is part of the draw.
        thing: what is shown, e.g. `church`, or `tree` for a thing that is no concept.
        style: a style concept laid over the picture, e.g. `van_gogh`, or None.
    """

    picture: Picture
    caption: str
    thing: str
    style: str | None


@runtime_checkable
class PictureSource(Protocol):
    """A world of pictures. The same index always gives the same example."""

    @property
    def kind(self) -> str:
        """What the pictures are, in a word, e.g. `drawings`."""
        ...

    @property
    def without(self) -> tuple[str, ...]:
        """The things and styles that were left out, sorted."""
        ...

    @property
    def things(self) -> tuple[str, ...]:
        """Every thing that may be shown, concepts and others, sorted."""
        ...

    @property
    def styles(self) -> tuple[str, ...]:
        """Every style that may be laid over a picture, sorted."""
        ...

    def captions(self) -> tuple[str, ...]:
        """Every caption the source can give, sorted: what the tokenizer is trained on."""
        ...

    def example(self, index: int) -> Example:
        """The example of this index, the same on every call and machine.

        Args:
            index: any non-negative integer. Training and held-out examples are told apart by
                their range of indices, never by a second source.
        """
        ...
