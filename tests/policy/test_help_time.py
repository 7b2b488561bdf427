"""How long the help takes."""

from __future__ import annotations

import subprocess
import sys
import time

LIMIT_S = 0.5
TRIES = 5


def test_help_answers_at_once() -> None:
    """`erasebench --help` answers in under half a second, start of Python included.

    The best of a few tries counts, since other tests use the same cores.
    """

    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "erasebench", "--help"], stdout=subprocess.DEVNULL, check=True
        )
        return time.perf_counter() - start

    assert min(seconds() for _ in range(TRIES)) < LIMIT_S
