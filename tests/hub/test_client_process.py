"""The process that runs commands: whatever becomes of a command, it is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.client_process import client_of

DYING = """
import os
import signal

import click

import erasebench.cli.main as cli


class Odd(BaseException):
    pass


def die():
    {}


cli.main = click.Command("erasebench", callback=die)
"""
"""A module that puts what kills its process in the place of every command."""


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -9, "was killed by SIGKILL"),
        ("os._exit(3)", 3, "exited with 3"),
        ("raise Odd", 1, "exited with 1"),
    ],
)
def test_a_command_whose_process_dies_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int, said: str
) -> None:
    """As one that is killed for its memory: it fails its test, and the next command runs."""
    (tmp_path / "dying.py").write_text(DYING.format(line))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    with client_of("http://127.0.0.1:9", tmp_path, offline=True, imported=("dying",)) as client:
        answers = [client.run(), client.run()]

    assert [answer.exit_code for answer in answers] == [code, code]
    assert all(answer.stderr.startswith("TRACEBACK") for answer in answers)
    assert all(said in answer.stderr for answer in answers)
