"""How far a long optimisation has got, kept in a file, so that a killed one goes on from there."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from erasebench.disk import replace_file


def write_progress(path: Path, state: Mapping[str, Any]) -> None:
    """Keeps a state of tensors and plain values; at any moment the file is the old or the new.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    content = io.BytesIO()
    torch.save(dict(state), content)
    replace_file(path, content.getvalue())


def read_progress(path: Path) -> dict[str, Any] | None:
    """The state as it was kept, its tensors on the CPU; None if there is none."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
