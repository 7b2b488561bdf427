"""`erasebench pictogram`: its help, output and errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from tests.pictogram.test_look import write_run


@pytest.mark.parametrize("command", [["card"], ["sheets", "pictures"]])
def test_a_device_that_is_not_there_is_refused(command: list[str]) -> None:
    """Both commands name the available devices and exit with 2."""
    result = CliRunner().invoke(main, ["pictogram", *command, "--device", "cuda:99"])

    assert result.exit_code == 2
    assert "This machine has no device 'cuda:99'" in result.stderr
    assert "cpu" in result.stderr


def test_a_look_at_no_run_is_refused(tmp_path: Path) -> None:
    """A folder without an evaluation exits with 2 and writes nothing."""
    output = tmp_path / "look.webp"
    result = CliRunner().invoke(main, ["pictogram", "look", str(tmp_path), "-o", str(output)])

    assert result.exit_code == 2
    assert "It has no records" in result.stderr
    assert not output.exists()


@pytest.mark.parametrize("as_json", [False, True])
def test_a_look_says_what_it_wrote(tmp_path: Path, *, as_json: bool) -> None:
    """The last line or the JSON holds the path of the image, which exists."""
    write_run(tmp_path / "run", ("church",))
    output = tmp_path / "look.webp"
    flags = ["--json"] if as_json else []

    result = CliRunner().invoke(
        main, ["pictogram", "look", str(tmp_path / "run"), "-o", str(output), *flags]
    )

    assert result.exit_code == 0
    told = json.loads(result.stdout)["path"] if as_json else result.stdout.splitlines()[-1]
    assert told == str(output)
    assert output.exists()


def test_help_says_what_a_missed_bar_does() -> None:
    """The exit status is the one in the help."""
    result = CliRunner().invoke(main, ["pictogram", "card", "--help"])

    assert result.exit_code == 0
    assert "Exits with 1 if a threshold is missed" in " ".join(result.stdout.split())
