"""A pen that draws in a moved, rotated, scaled and mirrored unit square."""

from __future__ import annotations

import colorsys
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

INK: Colour = (30, 28, 34)
"""Colour of outlines, wheels and pupils."""

WOOD = (24, 36)
"""Hues of wood and leather, in degrees."""

SMOOTHNESS = 28
"""Corners of the polygon that approximates an ellipse."""


@dataclass(frozen=True)
class Placement:
    """Position of the unit square on the canvas.

    Attributes:
        x, y: centre, as a share of the canvas.
        scale: half the side of the unit square, as a share of the canvas.
        angle: rotation in radians, clockwise.
        mirrored: whether left and right are exchanged.
    """

    x: float
    y: float
    scale: float
    angle: float
    mirrored: bool


class Pen:
    """Draws on one image in coordinates from -1 to 1, x to the right and y down."""

    def __init__(self, image: Image.Image, placement: Placement) -> None:
        """Takes an RGB image, changed in place, and the position of the unit square."""
        size = image.width
        reach = placement.scale * size
        flip = -1.0 if placement.mirrored else 1.0
        cos, sin = math.cos(placement.angle) * reach, math.sin(placement.angle) * reach
        self._xx, self._xy, self._x0 = flip * cos, -sin, placement.x * size
        self._yx, self._yy, self._y0 = flip * sin, cos, placement.y * size
        self._draw = ImageDraw.Draw(image)
        self._reach = reach

    def _place(self, points: Sequence[Point]) -> list[Point]:
        return [
            (self._xx * x + self._xy * y + self._x0, self._yx * x + self._yy * y + self._y0)
            for x, y in points
        ]

    def polygon(self, points: Sequence[Point], fill: Colour, edge: float = 0.04) -> None:
        """A filled polygon with a dark edge of the given width (0 for none)."""
        placed = self._place(points)
        self._draw.polygon(placed, fill=fill)
        if edge:
            width = max(1, round(edge * self._reach))
            self._draw.line(
                [*placed, placed[0], placed[1]], fill=darker(fill, 0.45), width=width, joint="curve"
            )

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, fill: Colour, edge: float = 0.04
    ) -> None:
        """A filled rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, edge)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: Colour, edge: float = 0.04
    ) -> None:
        """A filled ellipse."""
        self.polygon(arc(x, y, rx, ry, 0, 360), fill, edge)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A stroke through points; its width has the same unit."""
        self._draw.line(
            self._place(points),
            fill=colour,
            width=max(1, round(width * self._reach)),
            joint="curve",
        )


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Points along an ellipse from one angle to another, in degrees, clockwise from the right."""
    count = max(3, round(SMOOTHNESS * abs(end - start) / 360))
    turns = (math.radians(start + (end - start) * i / count) for i in range(count + 1))
    return [(x + rx * math.cos(turn), y + ry * math.sin(turn)) for turn in turns]


def colour(
    rng: random.Random,
    hue: tuple[float, float] = (0, 360),
    saturation: tuple[float, float] = (0.55, 0.95),
    value: tuple[float, float] = (0.55, 0.95),
) -> Colour:
    """A random colour within ranges of hue (degrees), saturation and value."""
    red, green, blue = colorsys.hsv_to_rgb(
        rng.uniform(*hue) / 360 % 1, rng.uniform(*saturation), rng.uniform(*value)
    )
    return round(red * 255), round(green * 255), round(blue * 255)


def grey(rng: random.Random, low: float, high: float) -> Colour:
    """A random, nearly neutral grey with lightness in a range within [0, 1]."""
    return colour(rng, saturation=(0, 0.08), value=(low, high))


def darker(base: Colour, factor: float) -> Colour:
    """A colour with its lightness multiplied by a factor below 1."""
    return round(base[0] * factor), round(base[1] * factor), round(base[2] * factor)


def lighter(base: Colour, share: float) -> Colour:
    """A colour moved towards white by a share of the distance."""
    red, green, blue = (round(c + (255 - c) * share) for c in base)
    return red, green, blue
