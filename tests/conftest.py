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

PHOTOGRAPHS = "ERASEBENCH_PHOTOGRAPHS"
"""The environment variable that says where photographs lie."""

PARQUET = "ERASEBENCH_PHOTOGRAPHS_PARQUET"
"""The one that names a parquet file of photographs to train on."""


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the user's cache."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "erasebench"


@pytest.fixture(scope="session")
def photographs() -> Path:
    """A folder with one folder of photographs a label; the test carries the mark `data`."""
    told = os.environ.get(PHOTOGRAPHS)
    if not told:
        pytest.skip(f"needs photographs: set {PHOTOGRAPHS} to a folder with one folder a label")
    folder = Path(told)
    assert folder.is_dir(), f"{PHOTOGRAPHS} names no folder"
    return folder


@pytest.fixture(scope="session")
def photographs_parquet() -> Path:
    """A parquet file of labelled photographs; the test carries the mark `data`."""
    told = os.environ.get(PARQUET)
    if not told:
        pytest.skip(f"needs photographs: set {PARQUET} to a parquet file of images and labels")
    file = Path(told)
    assert file.is_file(), f"{PARQUET} names no file"
    return file
