"""The demonstration asks all that a verdict needs."""

from __future__ import annotations

import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

from erasebench.probes.registry import probes_of
from erasebench.protocol import PICTOGRAM_V1


def test_the_demo_asks_by_every_probe_that_ranks(root: Path) -> None:
    """With its control, and for retention; its checkpoint has no encoder of its own to swap."""
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
    probes = probes_of(PICTOGRAM_V1)
    ranked = [probes[name] for name in PICTOGRAM_V1.ranked_probes if name in probes]
    wanted = {one.name for one in ranked if not one.of_edited_encoders}
    controls = {one.control for one in ranked if one.control is not None}

    assert sorted(named) == sorted({*wanted, *controls, "retention"})
