"""A process that runs commands against one Hub: the client reads HF_ENDPOINT when it is imported.

As a program it reads one JSON object a line, `{"words": […], "environment": {…}}`, runs the command
line in itself and answers with one, `{"exit_code": …, "stdout": …, "stderr": …}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    exit_code: int
    stdout: str
    stderr: str


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


@contextmanager
def client_of(endpoint: str, home: Path, *, offline: bool = False) -> Iterator[Client]:
    """A client of a Hub.

    Args:
        endpoint: the Hub's address.
        home: where the client may keep what it likes.
        offline: whether it is told that there is no network.
    """
    dropped = ("HF_HUB_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment |= {
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": str(int(offline)),
    }
    command = [sys.executable, "-m", "tests.hub.client_process"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Client(process)
        finally:
            cast("IO[str]", process.stdin).close()


def _serve() -> None:
    """Runs commands until there are no more lines."""
    from click.testing import CliRunner  # noqa: PLC0415  (the parent needs none of it)

    from erasebench.cli.main import main  # noqa: PLC0415

    for line in sys.stdin:
        asked = json.loads(line)
        result = CliRunner(env=asked["environment"]).invoke(main, asked["words"])
        answer = {
            "exit_code": result.exit_code,
            "stdout": result.stdout,
            "stderr": result.stderr,
        }
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            answer["stderr"] += f"\nTRACEBACK {result.exception!r}"
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
