"""Contact sheets: copying would be seen."""

from __future__ import annotations

import numpy as np

from erasebench.pictogram.drawings import Drawings
from erasebench.pictogram.sheets import nearest_drawings


def test_a_copied_drawing_is_found() -> None:
    """A training drawing under slight noise has that very drawing as its nearest."""
    world = Drawings()
    originals = np.stack([world.example(index).picture for index in (3, 17, 28)])
    noise = np.random.default_rng(0).integers(-6, 7, originals.shape)
    copies = np.clip(originals + noise, 0, 255).astype(np.uint8)

    assert np.array_equal(originals, nearest_drawings(copies, drawings=40))
