"""The demonstration runs all that it can in its time."""

from __future__ import annotations

import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1


def test_the_demo_asks_for_every_probe_that_makes_nothing_first(root: Path) -> None:
    """A new probe trains, searches or builds something, or is in the Makefile, as retention is."""
    printed = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "demo"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    (line,) = [line for line in printed.splitlines() if "erasebench evaluate" in line]
    words = shlex.split(line)
    named = [value for option, value in pairwise(words) if option == "--probe"]
    wanted = [
        name
        for name, probe in probes_of(PICTOGRAM_V1).items()
        if probe.erased_asked and probe.makes is None
    ]

    assert sorted(named) == sorted([*wanted, "retention"])
