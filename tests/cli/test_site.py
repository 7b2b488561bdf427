"""`erasebench site`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from tests.board.example_run import example_result
from tests.hub.example_manifest import MANIFEST

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run."""
    folder = tmp_path_factory.mktemp("run")
    example_result(limit=1, probes=("standard_prompt",), folder=folder)
    return folder


def test_last_line_is_the_index(run_folder: Path, tmp_path: Path) -> None:
    """The last line is the page to open."""
    result = CliRunner().invoke(
        main, ["site", "--results", str(run_folder), "--output", str(tmp_path / "site")]
    )

    assert result.exit_code == 0, result.output
    index = Path(result.stdout.splitlines()[-1])
    assert index == tmp_path / "site" / "index.html"
    assert "esd_x_church" in index.read_text(encoding="utf-8")


def test_json_says_the_same(run_folder: Path, tmp_path: Path) -> None:
    """`--json` prints the same values."""
    result = CliRunner().invoke(
        main, ["site", "--results", str(run_folder), "--output", str(tmp_path), "--json"]
    )

    content = json.loads(result.stdout)
    assert content["path"] == str(tmp_path / "index.html")
    assert content["submissions"] == 1
    assert content["unended"] == []
    assert content["files"] == len([p for p in tmp_path.rglob("*") if p.is_file()]) - 1


def test_missing_folder_is_said(tmp_path: Path) -> None:
    """A mistyped folder is an error, not an empty board."""
    result = CliRunner().invoke(main, ["site", "--results", str(tmp_path / "nowhere")])

    assert result.exit_code == EXPECTED_FAILURE
    assert "does not exist" in result.stderr


def test_wrong_result_is_one_line(tmp_path: Path) -> None:
    """An expected failure has no traceback."""
    (tmp_path / "result.json").write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(
        main, ["site", "--results", str(tmp_path), "--output", str(tmp_path / "site")]
    )

    assert result.exit_code == EXPECTED_FAILURE
    assert result.stderr.startswith("error: ")
    assert "schema_version" in result.stderr


def test_unended_run_is_warned_of(run_folder: Path, tmp_path: Path) -> None:
    """An unfinished run among finished ones is left out, with a warning."""
    shutil.copytree(run_folder, tmp_path / "runs" / "church")
    (tmp_path / "runs" / "late").mkdir()
    (tmp_path / "runs" / "late" / "run.json").write_text("{}", encoding="utf-8")
    options = ["--results", str(tmp_path / "runs"), "--output", str(tmp_path / "site")]
    result = CliRunner().invoke(main, ["site", *options])

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 submission, ")
    assert result.stderr.startswith(f"warning: {tmp_path / 'runs' / 'late'}: left out")


def test_lone_unended_run_is_an_error(tmp_path: Path) -> None:
    """It is an error, not an empty board."""
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    options = ["--results", str(tmp_path), "--output", str(tmp_path / "site")]
    result = CliRunner().invoke(main, ["site", *options])

    assert result.exit_code == EXPECTED_FAILURE
    assert "This run is not finished; run the same evaluate command again." in result.stderr
    assert not (tmp_path / "site").exists()


def test_manifests_are_listed_and_templates_are_not(tmp_path: Path) -> None:
    """A template is not a submission; a manifest that cannot be read is one."""
    manifests = tmp_path / "submissions"
    manifests.mkdir()
    pinned = MANIFEST[: MANIFEST.index("  van_gogh:")]
    (manifests / "a__pinned.yaml").write_text(pinned, encoding="utf-8")
    (manifests / "b__template.yaml").write_text(MANIFEST, encoding="utf-8")
    (manifests / "c__broken.yaml").write_text("{", encoding="utf-8")
    (tmp_path / "leaderboard").mkdir()
    site = tmp_path / "site"
    words = ["--results", str(tmp_path / "leaderboard"), "--submissions", str(manifests)]
    done = CliRunner().invoke(main, ["site", *words, "--output", str(site)])
    page = (site / "submissions.html").read_text(encoding="utf-8")

    assert done.exit_code == 0, done.output
    assert "a__pinned" in page
    assert "c__broken" in page
    assert "b__template" not in page
