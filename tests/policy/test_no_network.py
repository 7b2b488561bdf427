"""Once the files are there, nothing opens a connection."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.evaluation.tiny_run import make_tiny_world

GUARDED = """
import socket
import sys
from pathlib import Path

class Tried(BaseException):
    pass  # no library that falls back to the network catches this

def refuse(*arguments, **options):
    raise Tried(arguments)

socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
"""
"""Ends the process at the first attempt to look up a name or to connect."""

EVALUATION = """
from tests.evaluation.tiny_run import TinyWorld

TinyWorld(Path(sys.argv[1])).evaluate(Path(sys.argv[2]), probes=("standard_prompt",), limit=1)
"""

ATTEMPT = """
from huggingface_hub import snapshot_download

snapshot_download("erasebench/nothing")
"""


def run_guarded(root: Path, script: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Runs a script in a fresh process that may not connect, and that was told so by nobody."""
    offline = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
    environment = {name: value for name, value in os.environ.items() if name not in offline}
    return subprocess.run(
        [sys.executable, "-c", GUARDED + script, *map(str, arguments)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_evaluation_opens_no_connection(root: Path, tmp_path: Path) -> None:
    """From loading to the result file, no name is looked up and nothing is connected to."""
    make_tiny_world(tmp_path / "world")

    finished = run_guarded(root, EVALUATION, tmp_path / "world", tmp_path / "runs")

    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "runs" / "run" / "result.json").exists()


def test_an_attempt_would_be_seen(root: Path) -> None:
    """What asks the Hub is stopped: the test above does not pass because nothing could fail it."""
    finished = run_guarded(root, ATTEMPT)

    assert finished.returncode != 0
    assert "Tried" in finished.stderr
