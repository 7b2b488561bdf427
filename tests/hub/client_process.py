"""A process that runs commands against one Hub: the client reads HF_ENDPOINT when it is imported.

As a program it reads one JSON object a line, `{"words": […], "environment": {…}}`, runs the command
line in itself and answers with one, `{"exit_code": …, "stdout": …, "stderr": …, "grown": …}`.

What a command takes at most is known where nothing ran before it: memory that another one freed
would serve it unseen. So a process can be told to run none itself. It imports what it is told to,
and each command runs in a fork of it, which ends with the command. Where a fork dies before it has
answered, the process answers in its place, since the caller would wait for ever.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command gave back.

    Attributes:
        exit_code, stdout, stderr: as of any command. What no command should end in, `stderr` tells
            after the word TRACEBACK.
        grown: bytes by which it made its process grow beyond the most that there was before; in a
            fork of its own that is beyond what was imported.
    """

    exit_code: int
    stdout: str
    stderr: str
    grown: int


@dataclass
class Client:
    """A process with the real client in it.

    Attributes:
        process: runs this module.
        environment: what each command is run under, in addition.
    """

    process: subprocess.Popen[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str | Path, **environment: str) -> Answer:
        """Runs `erasebench` with some words."""
        asked = {
            "words": [str(word) for word in words],
            "environment": self.environment | environment,
        }
        print(json.dumps(asked), file=cast("IO[str]", self.process.stdin), flush=True)
        line = cast("IO[str]", self.process.stdout).readline()
        return Answer(**json.loads(line))


def environment_of(endpoint: str, home: Path, *, offline: bool = False) -> dict[str, str]:
    """The environment of a process whose client speaks to a Hub; see `client_of`."""
    dropped = ("HF_HUB_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": str(int(offline)),
    }


@contextmanager
def client_of(
    endpoint: str, home: Path, *, offline: bool = False, imported: tuple[str, ...] = ()
) -> Iterator[Client]:
    """A client of a Hub.

    Args:
        endpoint: the Hub's address.
        home: where the client may keep what it likes.
        offline: whether it is told that there is no network.
        imported: modules that are imported before; with any, each command runs in a fork.
    """
    command = [sys.executable, "-m", "tests.hub.client_process", *imported]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment_of(endpoint, home, offline=offline),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Client(process)
        finally:
            cast("IO[str]", process.stdin).close()


def _serve(imported: list[str]) -> None:
    """Runs commands until there are no more lines."""
    for module in imported:
        import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        if not imported or os.fork() == 0:
            _say(_answer(asked["words"], asked["environment"]))
            if imported:
                os._exit(0)
        else:
            _, status = os.wait()
            code = os.waitstatus_to_exitcode(status)
            if code != 0:
                _say(_death(code))


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def _death(code: int) -> dict[str, object]:
    """The answer in the place of a fork that gave none: it exited with a code, or by -signal."""
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
    stderr = f"TRACEBACK The command's process {how} before it had answered."
    return {"exit_code": code, "stdout": "", "stderr": stderr, "grown": 0}


def _answer(words: list[str], environment: dict[str, str]) -> dict[str, object]:
    """Runs a command in this process."""
    from click.testing import CliRunner  # noqa: PLC0415  (the parent needs none of it)

    from erasebench.cli.main import main  # noqa: PLC0415

    before = most_memory()
    result = CliRunner(env=environment).invoke(main, words)
    stderr = result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        stderr += f"\nTRACEBACK {result.exception!r}"
    return {
        "exit_code": result.exit_code,
        "stdout": result.stdout,
        "stderr": stderr,
        "grown": most_memory() - before,
    }


def most_memory() -> int:
    """The most memory that this process ever had, bytes; of a fork, that it had since."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _serve(sys.argv[1:])
