"""What holds for every test: one thread, no network, and where photographs lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that `tests.batch_rounding` explains."""
    parser.addoption(
        "--perturb-batches",
        action="store_true",
        help="let results differ between batches by about 1e-5 (tests/batch_rounding.py)",
    )


@pytest.fixture(scope="session", autouse=True)
def batches(pytestconfig: pytest.Config) -> Iterator[None]:
    """Batches as the option asks, in this process and in those that it starts."""
    if not pytestconfig.getoption("perturb_batches"):
        yield
        return
    # It loads torch, which most tests do not need.
    from tests.batch_rounding import RELATIVE, VARIABLE, perturbed_if_asked  # noqa: PLC0415

    os.environ.setdefault(VARIABLE, str(RELATIVE))
    with perturbed_if_asked():
        yield


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
