"""Things that people make and use; none is a concept of any protocol."""

from __future__ import annotations

import math
import random

from erasebench.pictogram.objects import Artist
from erasebench.pictogram.pen import INK, WOOD, Pen, arc, colour, darker, grey, lighter


def cup(pen: Pen, rng: random.Random) -> None:
    """A cup with a handle."""
    clay = colour(rng)
    pen.line(arc(0.5, 0.05, 0.32, 0.34, -90, 90), darker(clay, 0.7), 0.16)
    pen.polygon([(-0.72, -0.5), (0.56, -0.5), (0.42, 0.7), (-0.58, 0.7)], clay)
    pen.ellipse(-0.08, -0.5, 0.64, 0.16, lighter(clay, 0.4))
    pen.ellipse(-0.08, -0.48, 0.52, 0.1, (84, 54, 36), 0)


def key(pen: Pen, rng: random.Random) -> None:
    """A key with a round bow and two bits."""
    metal = colour(rng, (40, 52), (0.2, 0.8), (0.65, 0.9))
    pen.rectangle(-0.3, -0.09, 0.95, 0.09, metal)
    for x in (0.5, 0.78):
        pen.rectangle(x, 0.05, x + 0.14, 0.36, metal)
    pen.ellipse(-0.55, 0, 0.42, 0.42, metal)
    pen.ellipse(-0.6, 0, 0.18, 0.18, darker(metal, 0.25))


def umbrella(pen: Pen, rng: random.Random) -> None:
    """An open umbrella with a crook."""
    cloth = colour(rng)
    pen.line([(0, -0.7), (0, 0.72), *arc(0.14, 0.72, 0.14, 0.2, 180, 20)], (84, 60, 44), 0.09)
    scallops = [p for x in (0.64, 0.0, -0.64) for p in arc(x, 0.0, 0.32, 0.14, 0, -180)]
    pen.polygon([*arc(0, 0.0, 0.96, 0.8, 180, 360), *scallops], cloth)


def clock(pen: Pen, rng: random.Random) -> None:
    """A round clock face with two hands."""
    pen.ellipse(0, 0, 0.92, 0.92, colour(rng))
    pen.ellipse(0, 0, 0.74, 0.74, (248, 246, 238))
    for i in range(12):
        turn = i * math.pi / 6
        pen.line(
            [
                (0.56 * math.cos(turn), 0.56 * math.sin(turn)),
                (0.68 * math.cos(turn), 0.68 * math.sin(turn)),
            ],
            INK,
            0.07,
        )
    for length, width in ((0.36, 0.1), (0.54, 0.06)):
        turn = rng.uniform(0, math.tau)
        pen.line([(0, 0), (length * math.cos(turn), length * math.sin(turn))], INK, width)


def book(pen: Pen, rng: random.Random) -> None:
    """An open book."""
    pen.polygon(
        [(-1.0, -0.46), (0, -0.3), (1.0, -0.46), (1.0, 0.6), (0, 0.74), (-1.0, 0.6)], colour(rng)
    )
    for side in (-1, 1):
        pen.polygon([(0, -0.24), (0.9 * side, -0.4), (0.9 * side, 0.5), (0, 0.64)], (246, 240, 224))
        for i in range(4):
            y = -0.16 + 0.17 * i
            pen.line([(0.14 * side, y), (0.76 * side, y - 0.1)], (120, 116, 110), 0.04)


def chair(pen: Pen, rng: random.Random) -> None:
    """A chair from the side."""
    wood = colour(rng)
    pen.rectangle(-0.62, -0.95, -0.42, 0.98, wood)
    pen.rectangle(0.42, 0.1, 0.6, 0.98, wood)
    pen.rectangle(-0.62, 0.0, 0.66, 0.2, darker(wood, 0.8))
    pen.line([(-0.42, 0.62), (0.42, 0.62)], darker(wood, 0.7), 0.09)


def lamp(pen: Pen, rng: random.Random) -> None:
    """A table lamp with a conical shade."""
    pen.line([(0, -0.2), (0, 0.85)], colour(rng, value=(0.3, 0.6)), 0.12)
    pen.ellipse(0, 0.85, 0.42, 0.12, colour(rng, value=(0.3, 0.6)))
    pen.polygon(
        [(-0.36, -0.9), (0.36, -0.9), (0.74, -0.05), (-0.74, -0.05)],
        colour(rng, (20, 70), (0.3, 0.8), (0.8, 1.0)),
    )


def ladder(pen: Pen, rng: random.Random) -> None:
    """A ladder with six rungs."""
    wood = colour(rng, WOOD, (0.3, 0.8), (0.5, 0.85))
    for i in range(6):
        y = -0.8 + 0.32 * i
        pen.line([(-0.4, y), (0.4, y)], darker(wood, 0.8), 0.11)
    for side in (-1, 1):
        pen.line([(0.36 * side, -1.0), (0.46 * side, 1.0)], wood, 0.14)


def guitar(pen: Pen, rng: random.Random) -> None:
    """A guitar, leaning."""
    wood = colour(rng, (10, 40), (0.6, 0.9), (0.5, 0.85))
    pen.line([(0.0, 0.0), (0.72, -0.84)], darker(wood, 0.4), 0.14)
    pen.polygon([(0.62, -0.84), (0.76, -1.0), (0.94, -0.86), (0.78, -0.7)], INK)
    pen.ellipse(-0.1, 0.08, 0.38, 0.38, wood)
    pen.ellipse(-0.38, 0.42, 0.5, 0.48, wood)
    pen.ellipse(-0.2, 0.2, 0.15, 0.15, INK, 0)
    pen.line([(-0.52, 0.58), (0.7, -0.84)], (232, 226, 210), 0.04)


def cake(pen: Pen, rng: random.Random) -> None:
    """A layered cake with candles."""
    icing, sponge = (
        colour(rng, (300, 420), (0.3, 0.6), (0.8, 1.0)),
        colour(rng, (25, 45), (0.4, 0.7), (0.6, 0.9)),
    )
    for x in (-0.4, 0.0, 0.4):
        pen.line([(x, -0.2), (x, -0.62)], colour(rng), 0.1)
        pen.ellipse(x, -0.74, 0.07, 0.12, (250, 190, 60), 0)
    pen.rectangle(-0.84, -0.2, 0.84, 0.84, sponge)
    pen.rectangle(-0.84, 0.28, 0.84, 0.42, icing, 0)
    pen.polygon(
        [
            (-0.88, -0.26),
            (0.88, -0.26),
            (0.88, 0.04),
            *[(0.66 - 0.22 * i, 0.2 if i % 2 == 0 else 0.02) for i in range(7)],
            (-0.88, 0.04),
        ],
        icing,
    )


def sailboat(pen: Pen, rng: random.Random) -> None:
    """A boat with two sails."""
    pen.line([(0, -0.95), (0, 0.5)], (90, 66, 50), 0.08)
    pen.polygon([(0.06, -0.9), (0.06, 0.36), (0.78, 0.36)], grey(rng, 0.85, 1.0))
    pen.polygon([(-0.06, -0.66), (-0.06, 0.36), (-0.6, 0.36)], colour(rng))
    pen.polygon(
        [(-0.95, 0.46), (0.95, 0.46), (0.62, 0.88), (-0.62, 0.88)], colour(rng, value=(0.35, 0.7))
    )


def bicycle(pen: Pen, rng: random.Random) -> None:
    """A bicycle from the side."""
    frame = colour(rng)
    for x in (-0.56, 0.56):
        ring = arc(x, 0.34, 0.4, 0.4, 0, 360)
        pen.line([*ring, ring[1]], INK, 0.08)
    pen.line([(-0.56, 0.34), (-0.22, -0.24), (0.36, -0.24), (0.0, 0.34), (-0.56, 0.34)], frame, 0.1)
    pen.line([(0.0, 0.34), (-0.28, -0.44)], frame, 0.1)
    pen.line([(0.56, 0.34), (0.3, -0.54), (0.56, -0.62)], frame, 0.1)
    pen.line([(-0.44, -0.46), (-0.12, -0.46)], INK, 0.12)


def car(pen: Pen, rng: random.Random) -> None:
    """A small car from the side."""
    paint = colour(rng)
    pen.polygon([(-0.56, -0.1), (-0.34, -0.5), (0.3, -0.5), (0.6, -0.1)], paint)
    pen.polygon([(-0.42, -0.1), (-0.26, -0.4), (-0.02, -0.4), (-0.02, -0.1)], (176, 212, 232), 0.02)
    pen.polygon([(0.06, -0.1), (0.06, -0.4), (0.24, -0.4), (0.44, -0.1)], (176, 212, 232), 0.02)
    pen.polygon([(-0.98, 0.36), (-0.94, -0.08), (0.7, -0.12), (0.98, 0.06), (0.98, 0.36)], paint)
    for x in (-0.54, 0.54):
        pen.ellipse(x, 0.38, 0.25, 0.25, INK)
        pen.ellipse(x, 0.38, 0.11, 0.11, (206, 206, 210), 0)


def rocket(pen: Pen, rng: random.Random) -> None:
    """A rocket with fins and a flame."""
    fin = colour(rng)
    pen.polygon([(-0.2, 0.6), (0.2, 0.6), (0.0, 1.0)], (248, 170, 50))
    for side in (-1, 1):
        pen.polygon([(0.24 * side, 0.1), (0.66 * side, 0.66), (0.2 * side, 0.56)], fin)
    pen.polygon(
        [(0, -1.0), (0.32, -0.5), (0.32, 0.6), (-0.32, 0.6), (-0.32, -0.5)], grey(rng, 0.82, 1.0)
    )
    pen.polygon([(0, -1.0), (0.3, -0.54), (-0.3, -0.54)], fin)
    pen.ellipse(0, -0.16, 0.18, 0.18, (90, 160, 210))


def envelope(pen: Pen, rng: random.Random) -> None:
    """A closed envelope with a seal."""
    paper = colour(rng, saturation=(0.05, 0.5), value=(0.8, 1.0))
    pen.rectangle(-0.95, -0.62, 0.95, 0.62, paper)
    pen.line([(-0.95, 0.62), (-0.1, 0.0)], darker(paper, 0.6), 0.05)
    pen.line([(0.95, 0.62), (0.1, 0.0)], darker(paper, 0.6), 0.05)
    pen.polygon([(-0.95, -0.62), (0.95, -0.62), (0, 0.16)], darker(paper, 0.9))
    pen.ellipse(0, 0.1, 0.16, 0.16, (190, 40, 40))


def scissors(pen: Pen, rng: random.Random) -> None:
    """Open scissors."""
    grip = colour(rng)
    for side in (-1, 1):
        pen.line([(-0.3 * side, 0.4), (0.42 * side, -0.95)], grey(rng, 0.6, 0.8), 0.17)
        ring = arc(-0.42 * side, 0.64, 0.28, 0.28, 0, 360)
        pen.line([*ring, ring[1]], grip, 0.15)
    pen.ellipse(0, -0.14, 0.07, 0.07, INK, 0)


def hammer(pen: Pen, rng: random.Random) -> None:
    """A claw hammer."""
    steel = grey(rng, 0.4, 0.65)
    pen.rectangle(-0.12, -0.5, 0.12, 1.0, colour(rng, WOOD, (0.4, 0.8), (0.5, 0.8)))
    pen.polygon([(-0.8, -0.5), (-0.3, -0.86), (0.56, -0.86), (0.56, -0.46), (-0.2, -0.46)], steel)
    pen.rectangle(0.52, -0.95, 0.74, -0.38, darker(steel, 0.8))


def candle(pen: Pen, rng: random.Random) -> None:
    """A burning candle in a dish."""
    wax = colour(rng, saturation=(0.1, 0.6), value=(0.75, 1.0))
    pen.polygon([(0, -1.0), (0.17, -0.58), (0, -0.42), (-0.17, -0.58)], (250, 180, 50))
    pen.rectangle(-0.26, -0.36, 0.26, 0.7, wax)
    pen.line([(0, -0.36), (0, -0.5)], INK, 0.05)
    pen.ellipse(0, 0.76, 0.74, 0.18, colour(rng, value=(0.4, 0.7)))
    pen.ellipse(0.74, 0.66, 0.16, 0.16, colour(rng, value=(0.4, 0.7)))


def hat(pen: Pen, rng: random.Random) -> None:
    """A top hat with a ribbon."""
    felt = colour(rng, value=(0.15, 0.5))
    pen.ellipse(0, 0.56, 0.98, 0.24, felt)
    pen.polygon([(-0.58, -0.8), (0.58, -0.8), (0.5, 0.56), (-0.5, 0.56)], felt)
    pen.polygon(
        [(-0.53, 0.2), (0.53, 0.2), (0.5, 0.46), (-0.5, 0.46)], colour(rng, value=(0.7, 1.0)), 0
    )
    pen.ellipse(0, -0.8, 0.58, 0.14, lighter(felt, 0.2))


def bottle(pen: Pen, rng: random.Random) -> None:
    """A bottle with a label."""
    glass = colour(rng, (60, 220), (0.4, 0.8), (0.3, 0.65))
    pen.polygon(
        [
            (-0.13, -0.82),
            (0.13, -0.82),
            (0.15, -0.4),
            (0.36, -0.1),
            (0.36, 0.98),
            (-0.36, 0.98),
            (-0.36, -0.1),
            (-0.15, -0.4),
        ],
        glass,
    )
    pen.rectangle(-0.16, -0.98, 0.16, -0.8, colour(rng, value=(0.4, 0.8)))
    pen.rectangle(-0.36, 0.16, 0.36, 0.66, (240, 232, 210))


def kite(pen: Pen, rng: random.Random) -> None:
    """A kite with a tail."""
    first, second = colour(rng), colour(rng)
    pen.line([(0.1, 0.36), (-0.16, 0.6), (0.14, 0.8), (-0.1, 1.0)], (90, 90, 96), 0.06)
    pen.polygon([(0, -1.0), (0.66, -0.36), (0, 0.42)], first)
    pen.polygon([(0, -1.0), (-0.66, -0.36), (0, 0.42)], second)
    pen.line([(-0.66, -0.36), (0.66, -0.36)], INK, 0.05)


def windmill(pen: Pen, rng: random.Random) -> None:
    """A mill with four sails."""
    pen.polygon(
        [(-0.3, -0.3), (0.3, -0.3), (0.46, 1.0), (-0.46, 1.0)],
        colour(rng, (0, 50), (0.1, 0.6), (0.6, 0.95)),
    )
    turn = rng.uniform(0.3, 1.2)
    for i in range(4):
        angle = turn + i * math.pi / 2
        tip = (0.86 * math.cos(angle), -0.24 + 0.86 * math.sin(angle))
        pen.line([(0, -0.24), tip], (84, 62, 46), 0.06)
        side = (0.18 * math.cos(angle + 1.57), 0.18 * math.sin(angle + 1.57))
        near = (0.24 * math.cos(angle), -0.24 + 0.24 * math.sin(angle))
        pen.polygon(
            [
                near,
                tip,
                (tip[0] + side[0], tip[1] + side[1]),
                (near[0] + side[0], near[1] + side[1]),
            ],
            (242, 238, 226),
            0.03,
        )
    pen.ellipse(0, -0.24, 0.09, 0.09, INK, 0)


BELONGING_ARTISTS: dict[str, Artist] = {
    artist.__name__: artist
    for artist in (
        cup,
        key,
        umbrella,
        clock,
        book,
        chair,
        lamp,
        ladder,
        guitar,
        cake,
        sailboat,
        bicycle,
        car,
        rocket,
        envelope,
        scissors,
        hammer,
        candle,
        hat,
        bottle,
        kite,
        windmill,
    )
}
"""Drawing function of each thing, by the word for it."""
