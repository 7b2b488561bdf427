"""A folder of photographs as a `PictureSource`: one subfolder per label, no styles."""

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
"""Suffixes of photographs, in any case."""

HELD_OUT_EVERY = 10
"""Every tenth photograph of a label, by name, is held out."""


class NoPhotographsError(ErasebenchError):
    """A folder without photographs sorted by label."""


class Photographs:
    """Photographs, cropped to a square and resized; an index selects a label and a photograph.

    The label is the folder's name. Indices from `HELD_OUT` on select held-out photographs, smaller
    ones select the others.
    """

    kind = "photographs"

    def __init__(self, folder: Path, without: Collection[str] = ()) -> None:
        """Lists the labels, without those left out, and their files.

        Raises:
            NoPhotographsError: if the folder is missing, has no label, or a label has fewer than
                two photographs.
        """
        if not folder.is_dir():
            raise NoPhotographsError(
                f"{folder} is not a folder; use `drawings`, or a folder with one subfolder of "
                "photographs per label"
            )
        self.without = tuple(sorted(set(without)))
        self.styles: tuple[str, ...] = ()
        self._files = {
            label.name: sorted(f for f in label.iterdir() if f.suffix.lower() in SUFFIXES)
            for label in sorted(folder.iterdir())
            if label.is_dir() and label.name not in without
        }
        if not self._files:
            raise NoPhotographsError(
                f"{folder} has no subfolders of photographs; one per label is needed"
            )
        for label, files in self._files.items():
            if len(files) < 2:
                raise NoPhotographsError(
                    f"{folder / label} has {len(files)} photographs; at least 2 are needed, since "
                    "one is held out"
                )
        self.things = tuple(self._files)

    def captions(self) -> tuple[str, ...]:
        """Every possible caption, sorted."""
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
    """The largest centred square of a photograph, resized: uint8 (64, 64, 3)."""
    with Image.open(file) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(fitted)
