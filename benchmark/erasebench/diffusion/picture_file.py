"""Images as PNG files, which keep every value."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from erasebench.disk import replace_file

Picture = npt.NDArray[np.uint8]
"""uint8 (H, W, 3), RGB."""


def store_picture(path: Path, picture: Picture) -> None:
    """Writes an image as PNG, losslessly and durably.

    Raises:
        DiskFullError: if there is no room.
    """
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="png")
    replace_file(path, content.getvalue())


def load_picture(path: Path) -> Picture:
    """Reads a stored image: uint8 (H, W, 3), exactly as it was generated."""
    with Image.open(path) as image:
        return np.asarray(image)
