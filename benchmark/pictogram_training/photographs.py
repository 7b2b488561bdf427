"""A folder of photographs as a `PictureSource`: one folder a label, no styles."""

from __future__ import annotations

import random
from collections.abc import Collection
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from erasebench.errors import ErasebenchError
from erasebench.pictogram.drawings import SIZE, words_for
from erasebench.pictogram.source import HELD_OUT, Example, Picture

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
"""Names of photographs end so, in capitals or not."""

HELD_OUT_EVERY = 10
"""Of each label's photographs, in the order of their names, each tenth is held out."""


class NoPhotographsError(ErasebenchError):
    """A folder that does not hold photographs sorted into labels."""


class Photographs:
    """Photographs cropped to a square and resized; an index picks a label and one of its own.

    The label is the folder's name. Indices from `HELD_OUT` on pick held-out photographs alone,
    indices below it the others, so that no file serves both.
    """

    kind = "photographs"

    def __init__(self, folder: Path, without: Collection[str] = ()) -> None:
        """Lists a folder's labels, but for those left out, and their files.

        Raises:
            NoPhotographsError: if there is no such folder, no label in it, or one with fewer than
                two photographs.
        """
        if not folder.is_dir():
            raise NoPhotographsError(
                f"{folder} is no folder; pictures come from `drawings`, or from a folder with one "
                "folder of photographs a label"
            )
        self.without = tuple(sorted(set(without)))
        self.styles: tuple[str, ...] = ()
        self._files = {
            label.name: sorted(f for f in label.iterdir() if f.suffix.lower() in SUFFIXES)
            for label in sorted(folder.iterdir())
            if label.is_dir() and label.name not in without
        }
        if not self._files:
            raise NoPhotographsError(f"{folder} holds no folder of photographs; one a label is due")
        for label, files in self._files.items():
            if len(files) < 2:
                raise NoPhotographsError(
                    f"{folder / label} holds {len(files)} photographs; at least 2 are due, "
                    "one of them to be held out"
                )
        self.things = tuple(self._files)

    def captions(self) -> tuple[str, ...]:
        """Every caption that an example can have, sorted."""
        return tuple(sorted(c for thing in self.things for c in _captions(thing)))

    def example(self, index: int) -> Example:
        """The photograph of this index, the same on every call for the same files."""
        rng = random.Random(f"erasebench photograph {index}")
        thing = rng.choice(self.things)
        files = self._files[thing]
        held_out = files[::HELD_OUT_EVERY]
        kept = [file for file in files if file not in held_out]
        file = rng.choice(held_out if index >= HELD_OUT else kept)
        return Example(_square(file), rng.choice(_captions(thing)), thing, None)


def _captions(thing: str) -> tuple[str, ...]:
    words = words_for(thing).replace("_", " ")
    return (f"a picture of a {words}", f"a photo of a {words}")


def _square(file: Path) -> Picture:
    """The largest centred square of a photograph, uint8 (64, 64, 3)."""
    with Image.open(file) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(fitted)
