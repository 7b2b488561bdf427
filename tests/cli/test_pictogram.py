"""`erasebench pictogram`: what it teaches, and what it refuses."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main


@pytest.mark.parametrize("command", [["card"], ["sheets", "pictures"]])
def test_a_device_that_is_not_there_is_refused(command: list[str]) -> None:
    """Both commands name the devices that there are, and exit with 2."""
    result = CliRunner().invoke(main, ["pictogram", *command, "--device", "cuda:99"])

    assert result.exit_code == 2
    assert "There is no device 'cuda:99' here" in result.stderr
    assert "cpu" in result.stderr


def test_help_says_what_a_missed_bar_does() -> None:
    """Scripts can rely on the exit status that the help tells."""
    result = CliRunner().invoke(main, ["pictogram", "card", "--help"])

    assert result.exit_code == 0
    assert "Exits with 1 if a bar is missed" in " ".join(result.stdout.split())
