"""Images as files: PNG, whose values are read back exactly."""

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
    """Writes a picture as PNG, without loss and durably.

    Raises:
        DiskFullError: if there is no room.
    """
    content = io.BytesIO()
    Image.fromarray(picture).save(content, format="png")
    replace_file(path, content.getvalue())


def load_picture(path: Path) -> Picture:
    """Reads a stored picture: uint8 (H, W, 3), the very values that were drawn."""
    with Image.open(path) as image:
        return np.asarray(image)
