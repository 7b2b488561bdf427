"""Why a step failed, out of what it printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.github.reason import LONGEST, reason_among


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("fetching\nerror: No such commit. Pin it again.\n", "No such commit. Pin it again."),
        ("error: first\nerror: last\n", "last"),
        ("base:  12%|#    | 3/24\rbase:  25%|##  |\rerror: torn\n", "torn"),
        ("the last error: is not at a line's beginning\n", ""),
        ("Traceback (most recent call last):\nKeyError: 'x'\n", ""),
        ("", ""),
        ("error: a\x1b[31m \u202eb\x00\tc\n", "a [31m b c"),
        ("error: a\u2028::set-output name=x::y\n", "a ::set-output name=x::y"),
        (f"error: {'x' * 2000}\n", "x" * (LONGEST - 1) + "…"),
    ],
)
def test_the_last_expected_failure_is_the_reason(printed: str, reason: str) -> None:
    """In one printable line, or nothing where a step was stopped or has a bug."""
    assert reason_among(printed) == reason


def test_it_becomes_one_output_of_a_step(tmp_path: Path) -> None:
    """Whatever it repeats, no second output is set."""
    (tmp_path / "printed.txt").write_bytes(b"error: x\r\nname=evil\n\xff\n")
    outputs = tmp_path / "outputs"
    words = ["github", "reason", str(tmp_path / "printed.txt"), "--outputs", str(outputs)]
    done = CliRunner().invoke(main, words)

    assert done.exit_code == 0, done.output
    assert outputs.read_text() == "reason=x\n"
