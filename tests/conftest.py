"""What holds for every test: one thread, no network, and where photographs lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Read when torch and huggingface_hub are imported, which only tests do. Workers share the cores,
# so each computes with one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def photographs() -> Path:
    """A folder of Imagenette photographs, one folder a class; the test carries the mark `data`."""
    folder = ROOT.parent / "shared" / "data" / "imagenette"
    if not folder.is_dir():
        pytest.skip(f"needs photographs, one folder a class, at {folder}")
    return folder
