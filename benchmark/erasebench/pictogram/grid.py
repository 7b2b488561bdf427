"""Pictures in rows and columns, as one file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from erasebench.disk import replace_file

Pictures = npt.NDArray[np.uint8]

WHITE = 255


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
