"""Things of nature; none is a concept of any protocol."""

from __future__ import annotations

import math
import random

from erasebench.pictogram.objects import Artist
from erasebench.pictogram.pen import INK, WOOD, Pen, arc, colour, darker, grey, lighter


def tree(pen: Pen, rng: random.Random) -> None:
    """A round crown on a trunk."""
    crown = colour(rng, rng.choice([(85, 140), (20, 45)]), (0.5, 0.85), (0.35, 0.7))
    pen.rectangle(-0.13, 0.2, 0.13, 0.98, colour(rng, WOOD, (0.5, 0.7), (0.3, 0.5)))
    for x, y in ((-0.4, -0.1), (0.4, -0.1), (0.0, -0.48), (0.0, 0.0)):
        pen.ellipse(x, y, 0.48, 0.44, crown, 0.03)


def flower(pen: Pen, rng: random.Random) -> None:
    """A flower with petals, a stem and a leaf."""
    petal, stem = colour(rng, (280, 420)), colour(rng, (95, 140), value=(0.35, 0.6))
    pen.line([(0, -0.1), (0.06, 1.0)], stem, 0.1)
    pen.polygon([(0.04, 0.66), (0.5, 0.36), (0.42, 0.74)], stem)
    for i in range(6):
        pen.ellipse(
            0.42 * math.cos(i * 1.047), -0.36 + 0.42 * math.sin(i * 1.047), 0.25, 0.25, petal
        )
    pen.ellipse(0, -0.36, 0.24, 0.24, (240, 200, 60))


def mushroom(pen: Pen, rng: random.Random) -> None:
    """A spotted cap on a pale stem."""
    cap = colour(rng, (-10, 35), (0.6, 0.9), (0.55, 0.85))
    pen.polygon([(-0.24, 0.0), (0.24, 0.0), (0.32, 0.92), (-0.32, 0.92)], (238, 226, 204))
    pen.polygon([*arc(0, 0.08, 0.92, 0.9, 180, 360)], cap)
    for x, y, r in ((-0.45, -0.24, 0.13), (0.05, -0.5, 0.16), (0.5, -0.2, 0.13)):
        pen.ellipse(x, y, r, r, (248, 244, 238), 0)


def cat(pen: Pen, rng: random.Random) -> None:
    """A cat's face with whiskers."""
    fur = rng.choice([colour(rng, (15, 40), (0.4, 0.8), (0.5, 0.9)), grey(rng, 0.3, 0.75)])
    for side in (-1, 1):
        pen.polygon([(0.2 * side, -0.5), (0.72 * side, -0.98), (0.78 * side, -0.2)], fur)
    pen.ellipse(0, 0.08, 0.84, 0.74, fur)
    for side in (-1, 1):
        pen.ellipse(0.34 * side, -0.06, 0.16, 0.2, (214, 220, 110))
        pen.ellipse(0.34 * side, -0.06, 0.06, 0.18, INK, 0)
        for y in (0.3, 0.44):
            pen.line([(0.2 * side, y), (0.95 * side, y + 0.04)], (240, 240, 236), 0.04)
    pen.polygon([(-0.1, 0.22), (0.1, 0.22), (0, 0.36)], (222, 130, 130))


def butterfly(pen: Pen, rng: random.Random) -> None:
    """A butterfly from above."""
    upper, lower = colour(rng), colour(rng)
    for side in (-1, 1):
        pen.polygon([(0, -0.1), (0.5 * side, -0.9), (0.98 * side, -0.6), (0.8 * side, 0.0)], upper)
        pen.polygon([(0, 0.0), (0.74 * side, 0.1), (0.66 * side, 0.74), (0.3 * side, 0.7)], lower)
        pen.ellipse(0.6 * side, -0.48, 0.15, 0.15, lighter(upper, 0.7), 0)
        pen.line([(0, -0.5), (0.2 * side, -0.95)], INK, 0.04)
    pen.ellipse(0, 0, 0.1, 0.6, INK)


def snail(pen: Pen, rng: random.Random) -> None:
    """A snail with a spiral shell."""
    shell, skin = colour(rng), colour(rng, (25, 60), (0.2, 0.5), (0.6, 0.85))
    pen.polygon(
        [(-0.95, 0.7), (-0.6, 0.44), (0.5, 0.4), (0.62, -0.2), (0.94, -0.16), (0.9, 0.7)], skin
    )
    for x in (0.66, 0.9):
        pen.line([(0.78, -0.14), (x, -0.6)], skin, 0.07)
    pen.ellipse(-0.12, 0.02, 0.6, 0.56, shell)
    for r in (0.4, 0.2):
        pen.line(arc(-0.12, 0.04, r, r, 0, 320), darker(shell, 0.5), 0.08)


def apple(pen: Pen, rng: random.Random) -> None:
    """An apple with a leaf."""
    skin = colour(rng, rng.choice([(-10, 12), (70, 110)]), (0.6, 0.9), (0.6, 0.9))
    pen.line([(0, -0.5), (0.1, -0.95)], (90, 60, 40), 0.1)
    pen.polygon([(0.1, -0.72), (0.52, -0.98), (0.46, -0.62)], (76, 150, 70))
    for x in (-0.3, 0.3):
        pen.ellipse(x, 0.14, 0.56, 0.72, skin, 0.03 if x < 0 else 0)
    pen.ellipse(-0.42, -0.1, 0.12, 0.2, lighter(skin, 0.6), 0)


def cactus(pen: Pen, rng: random.Random) -> None:
    """A cactus with two arms in a pot."""
    green = colour(rng, (100, 150), (0.4, 0.8), (0.35, 0.65))
    pen.line([(-0.2, 0.16), (-0.6, 0.16), (-0.6, -0.3)], green, 0.24)
    pen.line([(0.2, -0.08), (0.6, -0.08), (0.6, -0.56)], green, 0.24)
    pen.polygon(
        [(-0.24, 0.6), (-0.24, -0.7), *arc(0, -0.7, 0.24, 0.26, 180, 360), (0.24, 0.6)], green
    )
    for y in (-0.6, -0.3, 0.0, 0.3):
        pen.line([(0, y), (0, y + 0.14)], lighter(green, 0.6), 0.05)
    pen.polygon(
        [(-0.5, 0.5), (0.5, 0.5), (0.36, 0.98), (-0.36, 0.98)],
        colour(rng, (10, 25), (0.6, 0.8), (0.5, 0.75)),
    )


def moon(pen: Pen, rng: random.Random) -> None:
    """A crescent."""
    outer = arc(0, 0, 0.92, 0.92, 50, 310)
    inner = arc(0.34, 0, 0.68, 0.72, 290, 70)
    pen.polygon([*outer, *inner], colour(rng, (44, 62), (0.2, 0.7), (0.85, 1.0)))


def star(pen: Pen, rng: random.Random) -> None:
    """A five-pointed star."""
    points = [
        (math.sin(i * math.pi / 5) * r, -math.cos(i * math.pi / 5) * r)
        for i in range(10)
        for r in [0.98 if i % 2 == 0 else 0.42]
    ]
    pen.polygon(points, colour(rng, (35, 60), (0.6, 0.95), (0.8, 1.0)))


def heart(pen: Pen, rng: random.Random) -> None:
    """A heart."""
    curve = []
    for i in range(32):
        t = i * math.tau / 32
        curve.append(
            (
                0.95 * math.sin(t) ** 3,
                -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t))
                / 17,
            )
        )
    pen.polygon(curve, colour(rng, (320, 370), (0.6, 0.95), (0.65, 0.95)))


def snowman(pen: Pen, rng: random.Random) -> None:
    """Three balls of snow with a carrot."""
    snow = grey(rng, 0.92, 1.0)
    for y, r in ((0.58, 0.42), (0.0, 0.32), (-0.5, 0.25)):
        pen.ellipse(0, y, r, r, snow)
    for side in (-1, 1):
        pen.line([(0.28 * side, -0.04), (0.86 * side, -0.34)], (96, 66, 44), 0.07)
        pen.ellipse(0.09 * side, -0.58, 0.04, 0.04, INK, 0)
    pen.polygon([(0, -0.52), (0.34, -0.44), (0, -0.42)], (238, 130, 40), 0)
    pen.rectangle(-0.22, -0.98, 0.22, -0.72, colour(rng, value=(0.15, 0.6)))
    pen.line([(-0.24, -0.28), (0.24, -0.28)], colour(rng), 0.1)


_ARTISTS = (
    tree,
    flower,
    mushroom,
    cat,
    butterfly,
    snail,
    apple,
    cactus,
    moon,
    star,
    heart,
    snowman,
)

NATURE_ARTISTS: dict[str, Artist] = {artist.__name__: artist for artist in _ARTISTS}
"""Drawing function of each thing, by the word for it."""
