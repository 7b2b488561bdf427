"""Why a step failed, out of what it printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.errors import CheckpointError
from erasebench.errors.wording import LONGEST_REASON
from erasebench.github.reason import failure_reason
from erasebench.manifest.errors import Fault, ManifestError

VOLUME = Path("/srv/erasebench")


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("fetching\nerror: No such commit. Pin it again.\n", "No such commit. Pin it again."),
        ("error: first\nerror: last\n", "last"),
        ("base:  12%|#    | 3/24\rbase:  25%|##  |\rerror: torn\n", "torn"),
        ("the last error: is not at a line's beginning\n", ""),
        ("Traceback (most recent call last):\nKeyError: 'x'\n", ""),
        ("", ""),
        ("error: 2 faults\n  one\n  two\nnext\n  no fault\n", "2 faults; one; two"),
        ("error: 2 faults\n  one\n  two\nerror: last\n", "last"),
        ("error: a\x1b[31m \u202eb\x00\tc\n", "a [31m b c"),
        ("error: a\u2028::set-output name=x::y\n", "a ::set-output name=x::y"),
        (f"error: {'x' * 2000}\n", "x" * (LONGEST_REASON - 1) + "…"),
    ],
)
def test_the_last_expected_failure_is_the_reason(printed: str, reason: str) -> None:
    """In one printable line, or nothing where a step was stopped or has a bug."""
    assert failure_reason(printed) == reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ManifestError(
                VOLUME / "submitted" / "0123456789abcdef" / "org__x.yaml",
                Fault("contact: found 'me'", line=3),
                Fault("checkpoints.church: no commit"),
            ),
            "org__x.yaml: 2 faults; line 3: contact: found 'me'; checkpoints.church: no commit",
        ),
        (
            CheckpointError(VOLUME / "cache" / "x.safetensors", "It is empty."),
            "cache/x.safetensors: It is empty.",
        ),
        (f"{VOLUME}: no room left", "erasebench: no room left"),
        (f"{VOLUME}-old/x and /mnt{VOLUME}/x", f"{VOLUME}-old/x and /mnt{VOLUME}/x"),
    ],
)
def test_every_fault_is_told_and_no_folder_of_the_machine(
    error: Exception | str, reason: str
) -> None:
    """What is published says what to mend, and not where the machine keeps it."""
    folders = (VOLUME, VOLUME / "submitted" / "0123456789abcdef")

    assert failure_reason(f"fetching\nerror: {error}\n", folders) == reason


def test_it_becomes_one_output_of_a_step(tmp_path: Path) -> None:
    """Whatever it repeats, no second output is set."""
    (tmp_path / "printed.txt").write_bytes(b"error: /v/x\r\nname=evil\n\xff\n")
    outputs = tmp_path / "outputs"
    words = [
        "github",
        "reason",
        str(tmp_path / "printed.txt"),
        "--outputs",
        str(outputs),
        "--without",
        "/v",
    ]
    done = CliRunner().invoke(main, words)

    assert done.exit_code == 0, done.output
    assert outputs.read_text() == "reason=x\n"
