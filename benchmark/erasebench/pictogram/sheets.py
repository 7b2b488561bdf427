"""Contact sheets: what was drawn, what the base generates, and whether it copied."""

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
"""A row each on a sheet."""

COLUMNS = 10
"""Pictures of each concept on a sheet."""

COLUMNS_BESIDE = 7
"""The same in each half of the sheet that has both halves."""

COPIES_SHOWN = 30
"""Generated pictures whose nearest training drawing is shown."""

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
"""What the sheet of styles shows, once plain and once in each style."""

WHITE = 255

_GAP = 2
_GAP_BETWEEN_HALVES = 20
_BATCH = 50


def write_sheets(protocol: Protocol, device: torch.device, folder: Path) -> tuple[Path, ...]:
    """Writes the sheets that the documentation shows.

    - `drawn.webp`, `generated.webp`: a row is a concept, objects then styles, the same in both.
    - `drawn_and_generated.webp`: the first columns of both, drawings at the left.
    - `nearest.webp`: each of thirty generated pictures, with the training drawing that has the
      least mean squared difference at its right.
    - `styles.webp`: a few drawings plain, and the same drawings in each style.

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
    """Puts pictures into one, white between them.

    Args:
        pictures: uint8 (rows, columns, H, W, 3).
        gap: pixels between neighbours, none around them.

    Returns:
        uint8 (rows × (H + gap) − gap, columns × (W + gap) − gap, 3).
    """
    rows, columns, height, width, _ = pictures.shape
    framed = np.full((rows, columns, height + gap, width + gap, 3), WHITE, np.uint8)
    framed[:, :, :height, :width] = pictures
    whole = framed.swapaxes(1, 2).reshape(rows * (height + gap), columns * (width + gap), 3)
    return whole[: len(whole) - gap, : whole.shape[1] - gap]


def write_webp(path: Path, picture: Pictures) -> Path:
    """Writes a picture, uint8 (H, W, 3), as WebP without loss, and returns the path.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(content, format="webp", lossless=True)
    replace_file(path, content.getvalue())
    return path


def evenly(count: int, shown: int) -> npt.NDArray[np.intp]:
    """Which `shown` of `count` pictures to show: the first, the last and evenly between them."""
    return np.linspace(0, count - 1, shown).round().astype(np.intp)


def nearest_drawings(pictures: Pictures, drawings: int) -> Pictures:
    """For each picture the training drawing with the least mean squared difference in pixels.

    Args:
        pictures: uint8 (N, 64, 64, 3).
        drawings: how many of the training drawings are searched.

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
    """The first columns of both, concept by concept, drawings at the left.

    Args:
        drawn: uint8 (rows, columns, H, W, 3).
        generated: the same, its rows for the same concepts.

    Returns:
        uint8 (height, width, 3).
    """
    left, right = (grid(both[:, :COLUMNS_BESIDE], _GAP) for both in (drawn, generated))
    between = np.full((len(left), _GAP_BETWEEN_HALVES, 3), WHITE, np.uint8)
    return np.hstack([left, between, right])


def styled_drawings() -> Pictures:
    """A few drawings plain and in each style, uint8 (1 + styles, things, H, W, 3)."""
    return np.stack(
        [
            np.stack(
                [draw(thing, style, random.Random(f"styles {thing}")) for thing in IN_EACH_STYLE]
            )
            for style in (None, *(style.name for style in STYLES))
        ]
    )


def _drawn() -> Pictures:
    """Drawings of each concept, a style over one thing after another: uint8 (rows, columns, …)."""
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
