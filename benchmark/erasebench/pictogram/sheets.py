"""Contact sheets: drawings, generated images, and their nearest training drawings."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from erasebench.concepts import OBJECTS, STYLES
from erasebench.diffusion.pipeline import load_base
from erasebench.disk import replace_file
from erasebench.pictogram.bars import generate
from erasebench.pictogram.card import read_account
from erasebench.pictogram.drawings import Drawings, draw
from erasebench.protocol import Protocol

Pictures = npt.NDArray[np.uint8]

CONCEPTS_SHOWN = (*OBJECTS, *STYLES)
"""Rows of a sheet."""

COLUMNS = 10
"""Images per concept on a sheet."""

COLUMNS_BESIDE = 7
"""Images per concept in each half of the sheet with two halves."""

COPIES_SHOWN = 30
"""Number of generated images shown with their nearest training drawing."""

IN_EACH_STYLE = (
    "church",
    "airliner",
    "parachute",
    "golf_ball",
    "french_horn",
    "garbage_truck",
    "tench",
    "cassette_player",
)
"""Things on the sheet of styles, plain and in each style."""

WHITE = 255

_GAP = 2
_GAP_BETWEEN_HALVES = 20
_BATCH = 50


def write_sheets(protocol: Protocol, device: torch.device, folder: Path) -> tuple[Path, ...]:
    """Writes the sheets for the documentation.

    - `drawn.webp`, `generated.webp`: one row per concept, objects before styles.
    - `drawn_and_generated.webp`: the first columns of both, drawings on the left.
    - `nearest.webp`: thirty generated images, each with the training drawing with the smallest mean
      squared difference on its right.
    - `styles.webp`: drawings, plain and in each style.

    Returns:
        The paths written.
    """
    generated = _generated(protocol, device)
    drawn = _drawn()
    return (
        write_webp(folder / "drawn.webp", grid(drawn, _GAP)),
        write_webp(folder / "generated.webp", grid(generated, _GAP)),
        write_webp(folder / "drawn_and_generated.webp", side_by_side(drawn, generated)),
        write_webp(folder / "styles.webp", grid(styled_drawings(), 0)),
        write_webp(folder / "nearest.webp", _with_nearest(protocol, generated)),
    )


def grid(pictures: Pictures, gap: int) -> Pictures:
    """Joins images to one, with white gaps.

    Args:
        pictures: uint8 (rows, columns, H, W, 3).
        gap: pixels between neighbours; there is no outer border.

    Returns:
        uint8 (rows × (H + gap) − gap, columns × (W + gap) − gap, 3).
    """
    rows, columns, height, width, _ = pictures.shape
    framed = np.full((rows, columns, height + gap, width + gap, 3), WHITE, np.uint8)
    framed[:, :, :height, :width] = pictures
    whole = framed.swapaxes(1, 2).reshape(rows * (height + gap), columns * (width + gap), 3)
    return whole[: len(whole) - gap, : whole.shape[1] - gap]


def write_webp(path: Path, picture: Pictures) -> Path:
    """Writes an image, uint8 (H, W, 3), as lossless WebP and returns the path.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(content, format="webp", lossless=True)
    replace_file(path, content.getvalue())
    return path


def evenly(count: int, shown: int) -> npt.NDArray[np.intp]:
    """Indices of `shown` of `count` images: the first, the last, and evenly spaced between them."""
    return np.linspace(0, count - 1, shown).round().astype(np.intp)


def nearest_drawings(pictures: Pictures, drawings: int) -> Pictures:
    """For each image the training drawing with the smallest mean squared difference in pixels.

    Args:
        pictures: uint8 (N, 64, 64, 3).
        drawings: number of training drawings to search.

    Returns:
        uint8 (N, 64, 64, 3).
    """
    world = Drawings()
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    best = np.full(len(pictures), np.inf)
    nearest = np.empty_like(pictures)
    for index in range(drawings):
        candidate = world.example(index).picture
        distance = np.square(flat - candidate.reshape(-1).astype(np.float32)).mean(1)
        closer = distance < best
        nearest[closer] = candidate
        best[closer] = distance[closer]
    return nearest


def side_by_side(drawn: Pictures, generated: Pictures) -> Pictures:
    """The first columns of both, concept by concept, drawings on the left.

    Args:
        drawn: uint8 (rows, columns, H, W, 3).
        generated: the same shape and concepts.

    Returns:
        uint8 (height, width, 3).
    """
    left, right = (grid(both[:, :COLUMNS_BESIDE], _GAP) for both in (drawn, generated))
    between = np.full((len(left), _GAP_BETWEEN_HALVES, 3), WHITE, np.uint8)
    return np.hstack([left, between, right])


def styled_drawings() -> Pictures:
    """Drawings, plain and in each style, uint8 (1 + styles, things, H, W, 3)."""
    return np.stack(
        [
            [draw(thing, style, random.Random(f"styles {thing}")) for thing in IN_EACH_STYLE]
            for style in (None, *(style.name for style in STYLES))
        ]
    )


def _drawn() -> Pictures:
    """Drawings of each concept, styles on different things: uint8 (rows, columns, H, W, 3)."""
    things = sorted(Drawings().things)
    rows = []
    for concept in CONCEPTS_SHOWN:
        rngs = [random.Random(f"sheet {concept.name} {column}") for column in range(COLUMNS)]
        if concept.kind == "object":
            row = [draw(concept.name, None, rng) for rng in rngs]
        else:
            row = [
                draw(things[5 * column % len(things)], concept.name, rng)
                for column, rng in enumerate(rngs)
            ]
        rows.append(np.stack(row))
    return np.stack(rows)


def _generated(protocol: Protocol, device: torch.device) -> Pictures:
    """Images by the base for each concept's prompt: uint8 (rows, columns, H, W, 3)."""
    prompts = [concept.prompt for concept in CONCEPTS_SHOWN]
    pictures = generate(load_base(protocol, device), protocol, prompts, COLUMNS, batch=_BATCH)
    return pictures.reshape(len(CONCEPTS_SHOWN), COLUMNS, *pictures.shape[1:])


def _with_nearest(protocol: Protocol, generated: Pictures) -> Pictures:
    flat = generated.reshape(-1, *generated.shape[2:])
    shown = flat[evenly(len(flat), COPIES_SHOWN)]
    trained_on = read_account(protocol.base.folder.parent).pictures.count
    pairs = np.stack([shown, nearest_drawings(shown, trained_on)], axis=1)
    return grid(pairs.reshape(-1, COLUMNS, *shown.shape[1:]), _GAP)
