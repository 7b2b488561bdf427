"""The demonstration runs all that it can in its time."""

from __future__ import annotations

import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1

SLOW = ("guidance", "optimised")
"""Families whose probes take gradients; the demonstration leaves them out."""


def test_the_demo_asks_for_every_probe_that_takes_no_gradient(root: Path) -> None:
    """A new probe is either of a slow family or in the Makefile; retention is in it too."""
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
        if probe.erased_asked and probe.family not in SLOW
    ]

    assert sorted(named) == sorted([*wanted, "retention"])
