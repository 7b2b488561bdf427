"""Three styles applied to a finished drawing: swirling strokes, facets, flat panels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from erasebench.pictogram.source import Picture

Stylist = Callable[[Picture, np.random.Generator], Picture]
_Floats = npt.NDArray[np.float64]

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in the lightness of a pixel (ITU-R BT.601)."""


def _bounded(values: _Floats) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def van_gogh(picture: Picture, rng: np.random.Generator) -> Picture:
    """Swirling strokes: colours smeared along a swirling field, toned to blue and yellow."""
    size = picture.shape[0]
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    heading = rng.uniform(0, 2 * np.pi)
    flow_x = np.full((size, size), np.cos(heading) * 0.6)
    flow_y = np.full((size, size), np.sin(heading) * 0.6)
    for _ in range(4):
        centre = rng.uniform(0, size, 2)
        dx, dy = x - centre[0], y - centre[1]
        pull = np.exp(-(dx**2 + dy**2) / (2 * (size / 5) ** 2)) * 3 / (np.hypot(dx, dy) + 1)
        sign = rng.choice([-1.0, 1.0])
        flow_x, flow_y = flow_x - sign * dy * pull * 1.5, flow_y + sign * dx * pull * 1.5
    length = np.hypot(flow_x, flow_y) + 1e-9
    flow_x, flow_y = flow_x / length, flow_y / length
    grain = np.kron(rng.uniform(-1, 1, (size // 2, size // 2)), np.ones((2, 2)))
    colours, strokes = np.zeros((size, size, 3)), np.zeros((size, size))
    reach = 5
    for direction in (-1.0, 1.0):
        at_x, at_y = x.copy(), y.copy()
        for _ in range(reach):
            column = np.clip(np.rint(at_x), 0, size - 1).astype(np.intp)
            row = np.clip(np.rint(at_y), 0, size - 1).astype(np.intp)
            colours += picture[row, column]
            strokes += grain[row, column]
            at_x += direction * flow_x[row, column]
            at_y += direction * flow_y[row, column]
    colours = 0.65 * colours / (2 * reach) + 0.35 * picture
    strokes /= 2 * reach
    light = (colours @ LUMA / 255)[..., None]
    toned = (1 - light) * np.array([22.0, 44.0, 120.0]) + light * np.array([255.0, 226.0, 110.0])
    mixed = 0.65 * colours + 0.35 * toned
    return _bounded(mixed * (1 + 0.7 * strokes[..., None]))


def picasso(picture: Picture, rng: np.random.Generator) -> Picture:
    """Facets: the image split into cells, each shifted, tinted and outlined."""
    size = picture.shape[0]
    seeds = rng.uniform(0, size, (14, 2))
    y, x = np.mgrid[0:size, 0:size].astype(np.float64)
    distances = np.hypot(x[..., None] - seeds[:, 0], 1.2 * (y[..., None] - seeds[:, 1]))
    order = np.argsort(distances, axis=-1)
    cell = order[..., 0]
    nearest = np.take_along_axis(distances, order[..., :2], axis=-1)
    shift = rng.integers(-2, 3, (len(seeds), 2))
    row = np.clip(y.astype(np.intp) + shift[cell, 0], 0, size - 1)
    column = np.clip(x.astype(np.intp) + shift[cell, 1], 0, size - 1)
    palette = np.array(
        [[206, 160, 96], [92, 124, 150], [176, 104, 84], [222, 208, 172], [70, 82, 92]]
    )
    tint = palette[rng.integers(0, len(palette), len(seeds))].astype(np.float64)
    slope = ((x - seeds[cell, 0]) / size)[..., None] * 110
    broken = 0.66 * picture[row, column] + 0.34 * tint[cell] + slope
    edge = (nearest[..., 1] - nearest[..., 0] < 1.3)[..., None]
    return _bounded(np.where(edge, 34.0, broken))


def andy_warhol(picture: Picture, rng: np.random.Generator) -> Picture:
    """Flat panels: lightness in four levels, each quarter printed in four bright inks."""
    size = picture.shape[0]
    light = picture.astype(np.float64) @ LUMA
    levels = np.digitize(light, np.quantile(light, [0.2, 0.5, 0.8]))
    inks = np.array(
        [[236, 0, 140], [0, 174, 239], [255, 222, 0], [0, 166, 81], [244, 101, 34], [120, 40, 150]]
    )
    printed = np.zeros((size, size, 3))
    half = size // 2
    for top in (0, half):
        for left in (0, half):
            chosen = rng.permutation(len(inks))[:3]
            plate = np.vstack([[26, 20, 40], inks[chosen[0]], inks[chosen[1]], inks[chosen[2]]])
            plate[3] = plate[3] * 0.25 + 191
            block = slice(top, top + half), slice(left, left + half)
            printed[block] = plate[levels[block]]
    return _bounded(printed)


STYLISTS: dict[str, Stylist] = {
    stylist.__name__: stylist for stylist in (van_gogh, picasso, andy_warhol)
}
"""Function of each style, by concept."""
