"""The wheel: what is in it, and that it works away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.file import load_result

pytestmark = pytest.mark.slow

CONTENTS = (
    "erasebench/py.typed",
    "erasebench/pictogram/weights/base/model_index.json",
    "erasebench/pictogram/weights/base/unet/diffusion_pytorch_model.safetensors",
    "erasebench/pictogram/weights/base/tokenizer/vocab.json",
    *(
        f"erasebench/{pin.source}/diffusion_pytorch_model.safetensors"
        for pin in PICTOGRAM_V1.retrain
    ),
    "erasebench/pictogram/weights/judge/model.safetensors",
    "erasebench/pictogram/weights/selector/model.safetensors",
    "erasebench/pictogram/weights/scorer/model.safetensors",
    *(f"erasebench/references/pictogram-v1/{role}.json.gz" for role in ("base", "retrain")),
    *(
        f"erasebench/references/pictogram-v1/base/{name}.zip"
        for name in ("retention", *PICTOGRAM_V1.ranked)
    ),
)
"""Files that a wheel without a checkout cannot do without."""

EXAMPLE = "esd_x_church.safetensors"

LARGEST_MB = 50
"""The bundled weights may take 45."""


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


@dataclass(frozen=True)
class Installed:
    """An environment of its own with the wheel in it, and nothing of the checkout.

    Attributes:
        commands: folder of its executables.
        empty: folder that commands run in.
    """

    commands: Path
    empty: Path

    def __call__(self, command: str, *arguments: str) -> str:
        """Runs one of its commands and returns what it prints."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment["XDG_CACHE_HOME"] = str(self.empty / "cache")
        finished = subprocess.run(
            [self.commands / command, *arguments],
            cwd=self.empty,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


@pytest.fixture(scope="module")
def installed(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel as a user installs it: a new environment, the pinned versions."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "environment", with_pip=True)
    commands = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    (folder / "empty").mkdir()
    installed = Installed(commands, folder / "empty")
    installed("pip", "install", "--quiet", "-c", str(root / "constraints.txt"), str(wheel))
    return installed


def test_installed_wheel_evaluates_and_renders(root: Path, installed: Installed) -> None:
    """Away from the checkout, a checkpoint becomes a table, a result file and a page."""
    shutil.copy(root / "submissions" / "examples" / EXAMPLE, installed.empty)

    location = installed("python", "-c", "import erasebench; print(erasebench.__file__)")
    table = installed(
        "erasebench",
        *("evaluate", EXAMPLE, "--concept", "church", "--probe", "standard_prompt"),
        *("--limit", "2", "--output", "run"),
    )
    printed = installed("erasebench", "site", "--results", "run", "--output", "site")

    assert Path(location.strip()).is_relative_to(installed.commands.parent)
    assert "\nchurch " in table
    assert "standard_prompt" in table
    result = load_result(installed.empty / "run" / "result.json")
    assert [cell.erased for cell in result.cells] == ["church"]
    assert result.partial is not None
    assert not result.uncalibrated
    assert result.references.keys() == {"base", "retrain"}
    index = installed.empty / printed.splitlines()[-1]
    page = installed.empty / "site" / result.protocol / f"{result.name}.html"
    assert result.name in index.read_text(encoding="utf-8")
    assert "church" in page.read_text(encoding="utf-8")
    assert list((installed.empty / "site").rglob("*.webp"))
