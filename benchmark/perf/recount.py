"""Processor time to recount an entry, optionally compared with another checkout.

    .venv/bin/python benchmark/perf/recount.py leaderboard/pictogram-v1/uce.json
    .venv/bin/python benchmark/perf/recount.py ROW --before ../other/benchmark

Recounting computes all estimates of an entry from its outcomes and compares them with the stored
ones, as `erasebench verify`, `table` and `site` do. Each measurement runs in a new process and
includes reading the references and drawing the bootstrap weights, but not reading the entry. Both
checkouts alternate, so that other load on the machine slows both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).parents[1]

RECOUNT = """
import sys, time
from pathlib import Path
from erasebench.protocol import PROTOCOLS
from erasebench.results.file import load_result
from erasebench.stats.recount import check_figures
path = Path(sys.argv[1])
result = load_result(path)
for _ in range(2):
    began = time.process_time()
    check_figures(path, result, PROTOCOLS[result.protocol])
    print(time.process_time() - began)
"""
"""Prints the seconds of the first recount in a process, and of the second."""


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("row", type=Path, help="a result file")
    parser.add_argument("--before", type=Path, help="folder `benchmark` of another checkout")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()

    checkouts = {"this checkout": HERE}
    if given.before is not None:
        checkouts["before"] = given.before.resolve()
    seconds: dict[str, list[list[float]]] = {name: [] for name in checkouts}
    for _ in range(given.rounds):
        for name, folder in checkouts.items():
            seconds[name].append(_measured(given.row, folder))

    for place, words in enumerate(("first in a process", "second")):
        medians = {name: median(one[place] for one in runs) for name, runs in seconds.items()}
        for name, spent in medians.items():
            ratio = f"{spent / medians['this checkout']:6.1f} times this checkout"
            print(f"{words:20} {name:15} {spent:6.3f} s {ratio}")


def _measured(row: Path, folder: Path) -> list[float]:
    """Seconds of processor time of the first and the second recount, in a new process."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", RECOUNT, str(row)]
    found = subprocess.run(  # noqa: S603  (the command is the one above)
        command, env=environment, capture_output=True, text=True, check=True
    )
    return [float(line) for line in found.stdout.split()]


if __name__ == "__main__":
    main()
