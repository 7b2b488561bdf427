"""The wheel: what is in it, and that it works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONTENTS = (
    "erasebench/py.typed",
    "erasebench/pictogram/weights/base/model_index.json",
    "erasebench/pictogram/weights/base/unet/diffusion_pytorch_model.safetensors",
    "erasebench/pictogram/weights/base/tokenizer/vocab.json",
    "erasebench/pictogram/weights/judge/model.safetensors",
    "erasebench/pictogram/weights/selector/model.safetensors",
    "erasebench/pictogram/weights/scorer/model.safetensors",
)
"""Files that a wheel without a checkout cannot do without."""

LARGEST_MB = 30
"""The bundled weights may take 25."""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a source distribution, as it is released."""
    output = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(root)],
        check=True,
        capture_output=True,
    )
    (built,) = output.glob("*.whl")
    return built


def test_wheel_holds_weights_and_pages(root: Path, wheel: Path) -> None:
    """Weights, and every template, style and page of the site, travel with the package."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    pages = {
        f"erasebench/board/site/{path.relative_to(root / 'site').as_posix()}"
        for folder in ("templates", "static", "docs")
        for path in (root / "site" / folder).rglob("*")
        if path.is_file()
    }

    assert pages
    assert sorted({*CONTENTS, *pages} - names) == []


def test_wheel_is_small(wheel: Path) -> None:
    """The package stays quick to install: nothing large has slipped in."""
    assert wheel.stat().st_size < LARGEST_MB * 1e6


@pytest.mark.parametrize("what", ["protocols", "probes", "methods", "concepts"])
def test_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path, what: str) -> None:
    """Unpacked in an empty folder, the wheel's own code runs, and not the checkout's."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    location = subprocess.run(
        [sys.executable, "-c", "import erasebench; print(erasebench.__file__)"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    subprocess.run(
        [sys.executable, "-m", "erasebench", "list", what],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )

    assert Path(location.stdout.strip()).is_relative_to(tmp_path)
