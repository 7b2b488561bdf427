"""`erasebench verify`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from erasebench.results.file import write_result
from tests.board.example_run import example_result


def verify(*words: str | Path) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["verify", *map(str, words)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A result whose base is not that of the references, though it claims them."""
    path = tmp_path / "result.json"
    write_result(path, example_result(limit=2, probes=("standard_prompt",)))
    return path


def test_what_differs_is_said_and_the_status_is_2(path: Path) -> None:
    """A table of the checks, the differences, and a line on stderr that names the failed checks."""
    result = verify(path)

    assert result.exit_code == EXPECTED_FAILURE
    assert "references: the base on church, standard_prompt, prompt 0: " in result.stdout
    assert "not checked: needs the folder of the run, --run" in result.stdout
    assert result.stdout.splitlines()[-1] == str(path)
    assert result.stderr == f"error: {path}: Verification failed: references.\n"


def test_json_has_every_difference(path: Path) -> None:
    """`--json` lists all differences, with the same exit status."""
    result = verify(path, "--json")
    (printed,) = json.loads(result.stdout)
    checks = {check["name"]: check for check in printed["checks"]}

    assert result.exit_code == EXPECTED_FAILURE
    assert printed["path"] == str(path)
    assert checks["references"]["differs"]
    assert checks["scores and estimates"]["differs"] == []
    assert checks["records"]["skipped"]


def test_one_run_is_not_the_evidence_of_two_results(path: Path, tmp_path: Path) -> None:
    """Together they are refused, with the correct use."""
    result = verify(path, path, "--run", tmp_path)

    assert result.exit_code == EXPECTED_FAILURE
    assert "Verify them one by one" in result.stderr
