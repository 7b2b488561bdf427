"""How long the help takes."""

from __future__ import annotations

import resource
import subprocess
import sys

LIMIT_S = 0.5


def test_help_answers_at_once() -> None:
    """`erasebench --help` takes under half a second, start of Python included.

    Processor time is counted, since other tests use the same cores.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "erasebench", "--help"], stdout=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert 0 < seconds < LIMIT_S
