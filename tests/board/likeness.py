"""How far two pictures are apart: pages hold compressed ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

COMPRESSED = 6
"""Levels, of 255, by which a compressed picture differs from what was drawn, less than so many."""


def far(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Mean difference of two pictures in levels."""
    return float(np.abs(one.astype(float) - other.astype(float)).mean())
