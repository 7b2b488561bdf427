"""Numbered drawings of things, some in a style, each with a true caption."""

from __future__ import annotations

import random
from collections.abc import Collection
from itertools import product

import numpy as np
from PIL import Image

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES
from erasebench.pictogram.backgrounds import background
from erasebench.pictogram.belongings import BELONGING_ARTISTS
from erasebench.pictogram.nature import NATURE_ARTISTS
from erasebench.pictogram.objects import OBJECT_ARTISTS, Artist
from erasebench.pictogram.pen import Pen, Placement
from erasebench.pictogram.source import Example, Picture
from erasebench.pictogram.styles import STYLISTS

SIZE = 64
"""Side of a drawing in pixels."""

SUPERSAMPLING = 3
"""Drawings are made this many times larger and averaged down, for smooth edges."""

OBJECT_SHARE = 0.4
"""Share of drawings that show one of the eleven objects; the rest show other things."""

STYLED_SHARE = 0.3
"""Share of drawings in a style."""

THING_ARTISTS: dict[str, Artist] = {**NATURE_ARTISTS, **BELONGING_ARTISTS}
"""Other things, by the word for each; none is a concept of any protocol."""

_ARTISTS = {**OBJECT_ARTISTS, **THING_ARTISTS}


def words_for(thing: str) -> str:
    """Words for a thing in a caption: a concept's label, or the name itself."""
    return CONCEPTS[thing].label if thing in CONCEPTS else thing


def draw(thing: str, style: str | None, rng: random.Random) -> Picture:
    """Draws a thing once.

    Args:
        thing: an object or another thing.
        style: a style, or None.
        rng: source of colours, background, position, size, rotation and flip.

    Returns:
        uint8 (64, 64, 3), RGB.
    """
    canvas = background(rng, SIZE * SUPERSAMPLING)
    placement = Placement(
        x=0.5 + rng.uniform(-0.06, 0.06),
        y=0.5 + rng.uniform(-0.06, 0.06),
        scale=rng.uniform(0.36, 0.48),
        angle=rng.uniform(-0.2, 0.2),
        mirrored=rng.random() < 0.5,
    )
    _ARTISTS[thing](Pen(canvas, placement), rng)
    picture = np.asarray(canvas.resize((SIZE, SIZE), Image.Resampling.BOX))
    if style is None:
        return picture
    return STYLISTS[style](picture, np.random.default_rng(rng.getrandbits(64)))


def plain_captions(thing: str) -> tuple[str, ...]:
    """Captions that name only a thing, the protocol's prompt first."""
    words = words_for(thing)
    return (f"a picture of a {words}", f"a photo of a {words}", f"a {words}")


def styled_captions(thing: str, style: str) -> tuple[str, ...]:
    """Captions of a thing in a style: the style alone, and both."""
    painter = CONCEPTS[style].label
    return (
        CONCEPTS[style].prompt,
        f"a painting of a {words_for(thing)} in the style of {painter}",
    )


class Drawings:
    """Drawings as a `PictureSource`, optionally without some things and styles.

    Leaving something out changes the example of an index, but not how things are drawn or named.
    """

    kind = "drawings"

    def __init__(self, without: Collection[str] = ()) -> None:
        """Takes the names of things and styles to leave out of images and captions."""
        self.without = tuple(sorted(set(without)))
        self._objects = tuple(c.name for c in OBJECTS if c.name not in without)
        self._others = tuple(sorted(name for name in THING_ARTISTS if name not in without))
        self.styles = tuple(sorted(c.name for c in STYLES if c.name not in without))
        self.things = tuple(sorted((*self._objects, *self._others)))

    def captions(self) -> tuple[str, ...]:
        """Every possible caption, sorted."""
        found = {caption for thing in self.things for caption in plain_captions(thing)}
        for name in self._objects:
            found.update(CONCEPTS[name].descriptions)
        for thing, style in product(self.things, self.styles):
            found.update(styled_captions(thing, style))
        return tuple(sorted(found))

    def example(self, index: int) -> Example:
        """The drawing of this index, the same on every call and machine."""
        rng = random.Random(f"erasebench drawing {index}")
        shelf = self._objects if self._objects and rng.random() < OBJECT_SHARE else self._others
        thing = rng.choice(shelf)
        style = rng.choice(self.styles) if self.styles and rng.random() < STYLED_SHARE else None
        if style is not None:
            caption = rng.choice(styled_captions(thing, style))
        elif thing in CONCEPTS and rng.random() < 0.35:
            caption = rng.choice(CONCEPTS[thing].descriptions)
        else:
            caption = rng.choices(plain_captions(thing), (0.6, 0.25, 0.15))[0]
        return Example(draw(thing, style, rng), caption, thing, style)
