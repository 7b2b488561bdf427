"""The eleven objects, one drawing function each; the centre alone identifies each object."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from erasebench.pictogram.pen import INK, Pen, arc, colour, darker, grey, lighter

Artist = Callable[[Pen, random.Random], None]


def english_springer_spaniel(pen: Pen, rng: random.Random) -> None:
    """A standing dog: white coat with liver or black patches, long ears, feathered legs."""
    coat = grey(rng, 0.88, 0.98)
    patch = colour(rng, (12, 28), (0.6, 0.85), (0.28, 0.5)) if rng.random() < 0.75 else (48, 42, 44)
    legs = darker(coat, 0.94)
    for x in (-0.58, -0.36, 0.2, 0.42):
        lean = rng.uniform(-0.06, 0.06)
        pen.polygon(
            [(x - 0.1, 0.2), (x + 0.12, 0.2), (x + 0.08 + lean, 0.9), (x - 0.1 + lean, 0.9)], legs
        )
    pen.line([(-0.75, -0.05), (-0.95, -0.3 + rng.uniform(-0.15, 0.15))], patch, 0.14)
    pen.ellipse(-0.1, 0.1, 0.72, 0.36, coat)
    pen.ellipse(-0.48 + rng.uniform(-0.05, 0.05), 0.02, 0.24, 0.24, patch, 0)
    pen.ellipse(0.06 + rng.uniform(-0.08, 0.08), 0.04, 0.2, 0.22, patch, 0)
    pen.polygon([(0.32, 0.2), (0.2, -0.2), (0.5, -0.5), (0.72, -0.2), (0.6, 0.2)], coat, 0)
    pen.ellipse(0.6, -0.45, 0.29, 0.27, patch)
    pen.polygon([(0.62, -0.52), (0.98, -0.42), (0.98, -0.24), (0.62, -0.2)], coat)
    pen.ellipse(0.95, -0.39, 0.07, 0.06, INK, 0)
    pen.ellipse(0.68, -0.52, 0.055, 0.055, INK, 0)
    pen.polygon(
        [(0.4, -0.62), (0.56, -0.58), (0.54, -0.12), (0.42, 0.08), (0.28, -0.05), (0.3, -0.4)],
        darker(patch, 0.75),
    )


def airliner(pen: Pen, rng: random.Random) -> None:
    """A jet from the side: long body, row of windows, swept wing with engine, tall fin."""
    body = grey(rng, 0.82, 0.98)
    livery = colour(rng)
    pen.polygon([(-0.62, -0.1), (-0.98, -0.72), (-0.74, -0.72), (-0.34, -0.1)], livery)
    pen.polygon([(0.0, -0.08), (-0.3, -0.5), (-0.14, -0.5), (0.28, -0.08)], darker(body, 0.8))
    hull = [(-1.0, -0.12), (-0.6, -0.2), (0.68, -0.2), (0.92, -0.08), (1.0, 0.04)]
    pen.polygon([*hull, (0.86, 0.16), (-0.5, 0.2), (-0.96, 0.0)], body)
    pen.polygon([(-0.95, 0.0), (0.99, 0.04), (0.86, 0.16), (-0.5, 0.2)], livery, 0)
    for i in range(9):
        x = -0.56 + 0.14 * i
        pen.rectangle(x, -0.1, x + 0.07, 0.0, (50, 60, 84), 0)
    pen.polygon([(0.74, -0.16), (0.9, -0.08), (0.76, -0.04)], (50, 60, 84), 0)
    wing = rng.uniform(0.62, 0.75)
    pen.polygon([(0.3, 0.08), (-0.12, 0.08), (-0.55, wing), (-0.34, wing)], darker(body, 0.72))
    pen.ellipse(0.02, 0.38, 0.2, 0.1, livery)
    pen.polygon([(-0.72, 0.0), (-0.98, 0.26), (-0.84, 0.26), (-0.5, 0.0)], darker(body, 0.8))


def garbage_truck(pen: Pen, rng: random.Random) -> None:
    """A refuse lorry from the side: ribbed closed body, slanted hopper with a bin, cab, wheels."""
    body = colour(rng, rng.choice([(85, 150), (20, 42), (195, 225)]), (0.5, 0.85), (0.45, 0.8))
    cab = rng.choice([grey(rng, 0.85, 0.97), colour(rng, (20, 48)), lighter(body, 0.25)])
    bin_colour = colour(rng, (90, 240), (0.4, 0.8), (0.25, 0.5))
    pen.rectangle(-0.9, 0.38, 0.92, 0.52, (66, 66, 72))
    pen.polygon([(-0.62, -0.62), (0.36, -0.62), (0.36, 0.4), (-0.62, 0.4)], body)
    pen.polygon([(-0.62, -0.62), (-0.96, -0.1), (-0.88, 0.4), (-0.62, 0.4)], darker(body, 0.7))
    for i in range(4):
        x = -0.46 + 0.2 * i
        pen.line([(x, -0.56), (x, 0.34)], darker(body, 0.6), 0.06)
    pen.ellipse(-0.12, -0.12, 0.2, 0.2, lighter(body, 0.75))
    pen.polygon([(-0.12, -0.26), (0.02, -0.02), (-0.26, -0.02)], darker(body, 0.5), 0)
    pen.polygon([(0.4, -0.36), (0.76, -0.36), (0.95, 0.04), (0.95, 0.42), (0.4, 0.42)], cab)
    pen.polygon([(0.5, -0.27), (0.72, -0.27), (0.86, 0.04), (0.5, 0.04)], (150, 196, 222))
    pen.polygon([(-1.0, 0.02), (-0.8, 0.02), (-0.83, 0.4), (-0.97, 0.4)], bin_colour)
    for x in (-0.56, -0.24, 0.66):
        pen.ellipse(x, 0.56, 0.19, 0.19, INK)
        pen.ellipse(x, 0.56, 0.08, 0.08, (170, 170, 174), 0)


def parachute(pen: Pen, rng: random.Random) -> None:
    """A round canopy of coloured gores, cords that meet, a small jumper below."""
    first = colour(rng)
    second = rng.choice([grey(rng, 0.88, 1.0), colour(rng), darker(first, 0.55)])
    top, rim, drop = -0.92, 0.1, rng.uniform(0.62, 0.72)
    for i in range(7):
        x = -0.92 + 1.84 * i / 6
        pen.line([(x, rim), (0, drop)], (70, 66, 70), 0.035)
    edges = [-0.95 + 1.9 * i / 6 for i in range(7)]
    for i in range(6):
        left, right = edges[i], edges[i + 1]
        gore = [
            (
                math.sin(math.pi / 2 * left / 0.95) * 0.95 * math.sin(step),
                rim + (top - rim) * math.cos(step),
            )
            for step in (0.12, 0.5, 0.9, 1.25, 1.57)
        ]
        other = [
            (
                math.sin(math.pi / 2 * right / 0.95) * 0.95 * math.sin(step),
                rim + (top - rim) * math.cos(step),
            )
            for step in (1.57, 1.25, 0.9, 0.5, 0.12)
        ]
        scallop = ((gore[-1][0] + other[0][0]) / 2, rim - 0.1)
        pen.polygon([*gore, scallop, *other], first if i % 2 else second)
    suit = colour(rng, value=(0.25, 0.6))
    pen.ellipse(0, drop + 0.04, 0.075, 0.075, (224, 178, 148), 0.02)
    pen.rectangle(-0.075, drop + 0.1, 0.075, drop + 0.26, suit, 0.02)
    pen.line([(-0.04, drop + 0.24), (-0.09, drop + 0.36)], suit, 0.06)
    pen.line([(0.04, drop + 0.24), (0.09, drop + 0.36)], suit, 0.06)


def cassette_player(pen: Pen, rng: random.Random) -> None:
    """A flat box with a tape window of two reels, a row of keys, and a dial."""
    case = rng.choice([grey(rng, 0.25, 0.75), colour(rng, value=(0.35, 0.8))])
    tape = rng.choice(
        [(236, 226, 200), (226, 226, 230), colour(rng, (20, 60), (0.3, 0.6), (0.8, 0.95))]
    )
    pen.rectangle(-0.95, -0.66, 0.95, 0.7, case)
    pen.rectangle(-0.8, -0.52, 0.8, 0.22, darker(case, 0.35))
    pen.rectangle(-0.66, -0.42, 0.66, 0.14, tape)
    pen.rectangle(-0.56, -0.36, 0.56, -0.24, colour(rng), 0)
    turn = rng.uniform(0, 2)
    for x in (-0.33, 0.33):
        pen.ellipse(x, -0.06, 0.19, 0.19, (58, 44, 40))
        pen.ellipse(x, -0.06, 0.1, 0.1, (240, 240, 240), 0)
        for spoke in range(3):
            angle = turn + spoke * 2.094
            tip = (x + 0.1 * math.cos(angle), -0.06 + 0.1 * math.sin(angle))
            pen.line([(x, -0.06), tip], INK, 0.04)
    pen.rectangle(-0.12, -0.12, 0.12, 0.02, (90, 70, 60), 0.02)
    key = lighter(case, 0.55)
    for i in range(6):
        x = -0.82 + 0.24 * i
        pen.rectangle(x, 0.38, x + 0.19, 0.58, (206, 60, 52) if i == 0 else key)
    pen.ellipse(0.76, 0.47, 0.11, 0.11, key)


def chainsaw(pen: Pen, rng: random.Random) -> None:
    """A motor housing with two handles, and a long bar with a toothed chain."""
    housing = colour(
        rng, rng.choice([(5, 35), (0, 12), (40, 55), (95, 140)]), (0.75, 0.95), (0.7, 0.95)
    )
    bar = grey(rng, 0.7, 0.88)
    pen.line([(-0.9, 0.28), (-0.98, -0.1), (-0.7, -0.4), (-0.3, -0.34)], (52, 50, 54), 0.13)
    pen.line([(-0.42, 0.3), (-0.3, -0.62), (0.0, -0.6), (0.06, -0.2)], (52, 50, 54), 0.1)
    teeth = []
    for i in range(10):
        x = 0.04 + 0.095 * i
        teeth.append([(x, -0.08), (x + 0.05, -0.2), (x + 0.085, -0.08)])
        teeth.append([(x, 0.26), (x + 0.05, 0.38), (x + 0.085, 0.26)])
    for tooth in teeth:
        pen.polygon(tooth, (50, 50, 54), 0)
    pen.polygon(
        [(-0.05, -0.08), (0.86, -0.08), *arc(0.86, 0.09, 0.14, 0.17, -90, 90), (-0.05, 0.26)], bar
    )
    pen.line([(0.1, 0.09), (0.8, 0.09)], darker(bar, 0.7), 0.05)
    pen.polygon(
        [(-0.86, -0.02), (-0.6, -0.28), (0.0, -0.28), (0.12, -0.05), (0.12, 0.42), (-0.8, 0.42)],
        housing,
    )
    pen.ellipse(-0.46, 0.1, 0.2, 0.2, darker(housing, 0.55))
    pen.ellipse(-0.46, 0.1, 0.08, 0.08, (214, 214, 214), 0)
    pen.rectangle(-0.16, -0.16, 0.04, 0.3, darker(housing, 0.7), 0.02)


def tench(pen: Pen, rng: random.Random) -> None:
    """A stout olive fish from the side, rounded fins, red eye."""
    body = colour(rng, (52, 88), (0.45, 0.75), (0.34, 0.58))
    fin = darker(body, 0.62)
    height = rng.uniform(0.36, 0.44)
    pen.polygon([(-0.6, 0.0), (-0.98, -0.36), (-0.9, 0.0), (-0.98, 0.36)], fin)
    pen.polygon([*arc(0.02, -height + 0.04, 0.3, 0.3, 180, 360)], fin)
    pen.polygon([*arc(-0.3, height - 0.1, 0.17, 0.26, 0, 180)], fin)
    pen.polygon([*arc(0.26, height - 0.08, 0.16, 0.24, 0, 180)], fin)
    upper = [
        (-0.72, -0.1),
        (-0.4, -height * 0.75),
        (0.1, -height),
        (0.6, -height * 0.75),
        (0.94, -0.05),
    ]
    lower = [(0.98, 0.06), (0.62, height * 0.8), (0.1, height), (-0.4, height * 0.75), (-0.72, 0.1)]
    pen.polygon([*upper, *lower], body)
    pen.polygon(
        [(0.8, 0.18), *lower[1:], (0.0, height * 0.45)],
        lighter(colour(rng, (38, 56), (0.5, 0.7), (0.7, 0.85)), 0.1),
        0,
    )
    for row in range(3):
        for column in range(5):
            x, y = -0.44 + 0.19 * column + 0.09 * (row % 2), -0.2 + 0.16 * row
            pen.line(arc(x, y, 0.075, 0.085, -70, 70), darker(body, 0.68), 0.03)
    pen.line(arc(0.52, 0.02, 0.12, 0.3, -75, 75), darker(body, 0.5), 0.05)
    pen.ellipse(0.74, -0.1, 0.075, 0.075, (222, 74, 44), 0.02)
    pen.ellipse(0.74, -0.1, 0.035, 0.035, INK, 0)
    pen.line([(0.97, 0.06), (0.84, 0.12)], INK, 0.04)
    pen.polygon([(0.42, 0.1), (0.12, 0.14), (0.3, 0.32)], fin, 0.02)


def french_horn(pen: Pen, rng: random.Random) -> None:
    """Brass tubing wound in circles, three valves, a wide flared bell."""
    brass = colour(rng, (38, 50), (0.6, 0.85), (0.78, 0.95))
    shade = darker(brass, 0.5)
    for radius_x, radius_y in ((0.62, 0.62), (0.36, 0.36)):
        ring = arc(-0.16, -0.12, radius_x, radius_y, 0, 360)
        pen.line([*ring, ring[1]], shade, 0.19)
        pen.line([*ring, ring[1]], brass, 0.11)
    pen.line([(-0.3, -0.68), (-0.86, -0.84)], shade, 0.13)
    pen.line([(-0.3, -0.68), (-0.86, -0.84)], brass, 0.07)
    pen.ellipse(-0.88, -0.84, 0.07, 0.1, darker(brass, 0.75))
    for i in range(3):
        x = -0.36 + 0.2 * i
        pen.line([(x, -0.34), (x, 0.1)], shade, 0.17)
        pen.line([(x, -0.34), (x, 0.1)], lighter(brass, 0.4), 0.1)
        pen.ellipse(x, -0.38, 0.07, 0.05, grey(rng, 0.85, 0.95), 0.02)
    pen.polygon([(0.28, 0.1), (0.5, -0.1), (0.94, 0.28), (0.4, 0.94)], brass)
    pen.ellipse(0.6, 0.56, 0.4, 0.4, lighter(brass, 0.25))
    pen.ellipse(0.6, 0.56, 0.24, 0.24, darker(brass, 0.3), 0)


def golf_ball(pen: Pen, rng: random.Random) -> None:
    """A white dimpled sphere on a tee."""
    white = grey(rng, 0.92, 1.0)
    tee = rng.choice(
        [colour(rng), grey(rng, 0.8, 0.95), colour(rng, (25, 40), (0.5, 0.7), (0.6, 0.8))]
    )
    pen.polygon(
        [(-0.22, 0.56), (0.22, 0.56), (0.07, 0.72), (0.03, 1.0), (-0.03, 1.0), (-0.07, 0.72)], tee
    )
    pen.ellipse(0, -0.12, 0.76, 0.76, white)
    pen.polygon(
        [*arc(0, -0.12, 0.74, 0.74, 20, 160), *arc(0, -0.3, 0.76, 0.7, 150, 30)],
        darker(white, 0.82),
        0,
    )
    dimple = darker(white, 0.66)
    offset = rng.uniform(-0.08, 0.08)
    for row in range(-3, 4):
        for column in range(-4, 5):
            x, y = 0.2 * column + 0.1 * (row % 2) + offset, 0.19 * row + offset
            distance = math.hypot(x, y)
            if distance < 0.66:
                flat = math.sqrt(1 - (distance / 0.76) ** 2)
                pen.ellipse(
                    x, y - 0.12, 0.05 * (0.6 + 0.4 * flat), 0.05 * (0.4 + 0.6 * flat), dimple, 0
                )


def church(pen: Pen, rng: random.Random) -> None:
    """A nave with a gabled roof and pointed windows, a bell tower with a spire and a cross."""
    wall = rng.choice([grey(rng, 0.75, 0.97), colour(rng, (15, 45), (0.15, 0.5), (0.7, 0.92))])
    roof = rng.choice(
        [
            colour(rng, (0, 25), (0.5, 0.8), (0.4, 0.65)),
            colour(rng, (200, 240), (0.2, 0.5), (0.3, 0.5)),
        ]
    )
    glass = rng.choice([(52, 66, 110), (70, 54, 50), (222, 176, 70)])
    tower = rng.uniform(-0.02, 0.06)
    pen.polygon([(-0.1, 0.95), (-0.1, 0.1), (0.95, 0.1), (0.95, 0.95)], wall)
    pen.polygon([(-0.12, 0.14), (0.1, -0.3), (0.84, -0.3), (1.0, 0.14)], roof)
    for x in (0.34, 0.58, 0.82):
        pen.polygon(
            [(x - 0.08, 0.72), (x - 0.08, 0.42), (x, 0.28), (x + 0.08, 0.42), (x + 0.08, 0.72)],
            glass,
            0.03,
        )
    left, right = -0.62 + tower, 0.02 + tower
    middle = (left + right) / 2
    pen.rectangle(left, -0.32, right, 0.95, lighter(wall, 0.25))
    pen.polygon([(left - 0.06, -0.3), (middle, -0.84), (right + 0.06, -0.3)], roof)
    pen.line([(middle, -0.8), (middle, -1.02)], INK, 0.06)
    pen.line([(middle - 0.09, -0.94), (middle + 0.09, -0.94)], INK, 0.06)
    pen.polygon(
        [
            (middle - 0.12, 0.12),
            (middle - 0.12, -0.08),
            (middle, -0.2),
            (middle + 0.12, -0.08),
            (middle + 0.12, 0.12),
        ],
        glass,
        0.03,
    )
    pen.polygon(
        [
            (middle - 0.16, 0.95),
            (middle - 0.16, 0.56),
            (middle, 0.38),
            (middle + 0.16, 0.56),
            (middle + 0.16, 0.95),
        ],
        (92, 58, 38),
        0.03,
    )


def gas_pump(pen: Pen, rng: random.Random) -> None:
    """An upright box with a display, a grade panel, and a hose that ends in a nozzle."""
    body = colour(
        rng,
        rng.choice([(0, 14), (345, 360), (200, 235), (40, 55), (120, 160)]),
        (0.6, 0.9),
        (0.6, 0.9),
    )
    pen.line(
        [(0.36, -0.4), (0.66, -0.5), (0.86, -0.2), (0.86, 0.5), (0.66, 0.68), (0.5, 0.4)], INK, 0.09
    )
    pen.rectangle(-0.66, 0.84, 0.5, 1.0, (96, 96, 100))
    pen.rectangle(-0.58, -0.8, 0.42, 0.86, body)
    pen.rectangle(-0.62, -0.98, 0.46, -0.74, lighter(body, 0.7))
    pen.rectangle(-0.42, -0.6, 0.26, -0.1, (226, 236, 226))
    for y in (-0.48, -0.26):
        for i in range(4):
            x = -0.34 + 0.15 * i
            pen.rectangle(x, y - 0.06, x + 0.09, y + 0.08, (40, 44, 48), 0)
    for i in range(3):
        x = -0.4 + 0.23 * i
        pen.rectangle(
            x, 0.06, x + 0.17, 0.22, ((236, 236, 236), (240, 200, 60), (80, 170, 90))[i], 0.02
        )
    pen.rectangle(-0.4, 0.36, 0.24, 0.7, darker(body, 0.6))
    pen.polygon([(0.42, 0.16), (0.62, 0.16), (0.66, 0.44), (0.5, 0.44)], (58, 58, 62))


OBJECT_ARTISTS: dict[str, Artist] = {
    artist.__name__: artist
    for artist in (
        english_springer_spaniel,
        airliner,
        garbage_truck,
        parachute,
        cassette_player,
        chainsaw,
        tench,
        french_horn,
        golf_ball,
        church,
        gas_pump,
    )
}
"""Drawing function of each object, by concept."""
