"""Contact sheets: copying would be seen, and every concept is looked at."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from erasebench.concepts import STYLES
from erasebench.pictogram.drawings import Drawings, draw
from erasebench.pictogram.sheets import (
    COLUMNS,
    CONCEPTS_SHOWN,
    COPIES_SHOWN,
    IN_EACH_STYLE,
    evenly,
    grid,
    nearest_drawings,
    side_by_side,
    styled_drawings,
    write_webp,
)


def test_a_copied_drawing_is_found() -> None:
    """A training drawing under slight noise has that very drawing as its nearest."""
    world = Drawings()
    originals = np.stack([world.example(index).picture for index in (3, 17, 28)])
    noise = np.random.default_rng(0).integers(-6, 7, originals.shape)
    copies = np.clip(originals + noise, 0, 255).astype(np.uint8)

    assert np.array_equal(originals, nearest_drawings(copies, drawings=40))


def test_only_the_training_drawings_are_searched() -> None:
    """A drawing beyond the number that was trained on is nobody's source."""
    world = Drawings()
    beyond = world.example(5).picture[None]

    assert not np.array_equal(beyond, nearest_drawings(beyond, drawings=5))


def test_copies_are_looked_for_among_all_concepts() -> None:
    """The sample has two or three pictures of each concept, the last style included."""
    shown = evenly(len(CONCEPTS_SHOWN) * COLUMNS, COPIES_SHOWN)
    rows = [int(index) // COLUMNS for index in shown]

    assert len(set(shown.tolist())) == COPIES_SHOWN
    assert {rows.count(row) for row in range(len(CONCEPTS_SHOWN))} == {2, 3}


def test_a_style_is_laid_over_the_drawing_above_it() -> None:
    """Each column is one drawing, plain at the top and then in every style."""
    sheet = styled_drawings()
    thing = IN_EACH_STYLE[3]

    assert sheet.shape == (1 + len(STYLES), len(IN_EACH_STYLE), 64, 64, 3)
    for row, style in enumerate((None, *(style.name for style in STYLES))):
        expected = draw(thing, style, random.Random(f"styles {thing}"))
        assert np.array_equal(expected, sheet[row, 3])


def test_drawings_stand_at_the_left_of_what_is_generated() -> None:
    """The sheet of both has drawings in its left half, generated pictures in its right."""
    drawn = np.full((2, COLUMNS, 4, 4, 3), 10, np.uint8)

    sheet = side_by_side(drawn, drawn + 90)
    middle = sheet.shape[1] // 2

    assert sheet[:, : middle - 10].min() == 10
    assert 100 not in sheet[:, :middle]
    assert sheet[:, middle + 10 :].min() == 100
    assert (sheet[:, middle - 1 : middle + 1] == 255).all()


@pytest.mark.parametrize("gap", [0, 3])
def test_a_grid_holds_every_picture_in_its_place(gap: int) -> None:
    """Row and column of the sheet are those of the array, and all else is white."""
    pictures = np.random.default_rng(0).integers(0, 255, (2, 3, 4, 5, 3), np.uint8)

    sheet = grid(pictures, gap)

    assert sheet.shape == (2 * (4 + gap) - gap, 3 * (5 + gap) - gap, 3)
    for row in range(2):
        for column in range(3):
            top, left = row * (4 + gap), column * (5 + gap)
            assert np.array_equal(pictures[row, column], sheet[top : top + 4, left : left + 5])
    assert (sheet == 255).all(axis=2).sum() == sheet.shape[0] * sheet.shape[1] - 2 * 3 * 4 * 5


def test_a_sheet_is_stored_without_loss(tmp_path: Path) -> None:
    """What is read back is what was written."""
    sheet = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)

    path = write_webp(tmp_path / "new" / "sheet.webp", sheet)

    with Image.open(path) as image:
        assert np.array_equal(sheet, np.asarray(image))
