"""Backgrounds of drawings: plain, graded, landscape, room, or soft patches."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from erasebench.pictogram.pen import Colour, colour, darker


def _muted(rng: random.Random) -> Colour:
    return colour(rng, saturation=(0.05, 0.45), value=(0.45, 0.95))


def _graded(rng: random.Random, size: int) -> Image.Image:
    top, bottom = np.array(_muted(rng)), np.array(_muted(rng))
    share: npt.NDArray[np.float64] = np.linspace(0, 1, size)[:, None, None]
    rows = top * (1 - share) + bottom * share
    return Image.fromarray(np.broadcast_to(rows, (size, size, 3)).astype(np.uint8))


def _landscape(rng: random.Random, size: int) -> Image.Image:
    image = Image.new("RGB", (size, size), colour(rng, (180, 250), (0.1, 0.5), (0.6, 1.0)))
    draw = ImageDraw.Draw(image)
    horizon = rng.uniform(0.45, 0.8) * size
    tilt = rng.uniform(-0.1, 0.1) * size
    ground = colour(rng, (20, 140), (0.2, 0.55), (0.4, 0.8))
    corners = [(0, size), (0, horizon - tilt), (size, horizon + tilt), (size, size)]
    draw.polygon(corners, fill=ground)
    return image


def _room(rng: random.Random, size: int) -> Image.Image:
    wall = _muted(rng)
    image = Image.new("RGB", (size, size), wall)
    draw = ImageDraw.Draw(image)
    for x in range(0, size, size // rng.randint(3, 8)):
        draw.line([(x, 0), (x, size)], fill=darker(wall, 0.93), width=size // 60)
    floor = darker(_muted(rng), 0.8)
    draw.rectangle([0, round(rng.uniform(0.6, 0.85) * size), size, size], fill=floor)
    return image


def _patches(rng: random.Random, size: int) -> Image.Image:
    image = Image.new("RGB", (size, size), _muted(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(3, 7)):
        x, y, r = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(0.1, 0.35) * size
        draw.ellipse([x - r, y - r, x + r, y + r], fill=_muted(rng))
    return image.filter(ImageFilter.BoxBlur(size // 16))


def background(rng: random.Random, size: int) -> Image.Image:
    """A random background, RGB, size × size pixels."""
    kind = rng.random()
    if kind < 0.2:
        return Image.new("RGB", (size, size), _muted(rng))
    if kind < 0.45:
        return _graded(rng, size)
    if kind < 0.7:
        return _landscape(rng, size)
    if kind < 0.85:
        return _room(rng, size)
    return _patches(rng, size)
