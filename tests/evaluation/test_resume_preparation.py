"""A run that is killed inside what it trains or searches ends like one that was not."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.evaluation.test_resume import PATIENCE, contents
from tests.evaluation.tiny_run import TinyWorld

PROGRESS = {
    "textual_inversion": "run/prepared/church/textual_inversion/.token_0.safetensors.progress",
    "random_prefix": "run/prepared/church/random_prefix/tries.progress",
    "unlearn_diff_atk": "run/prepared/church/unlearn_diff_atk/attack.progress",
    "relearning": "run/prepared/church/relearning/fine_tuning.progress",
    "classifier_guidance": "cache/classifiers/*/classifier.progress",
}
"""Each long probe, and where it keeps how far it has got."""

FASTEST = "unlearn_diff_atk"
"""The one that every run of the tests has time for: it both trains and searches."""

LONGEST = 0.1
"""Seconds that a probe goes on after it has kept its progress first, at most: a part of its way."""


@pytest.mark.parametrize(
    "probe",
    [pytest.param(name, marks=[pytest.mark.slow] * (name != FASTEST)) for name in PROGRESS],
)
def test_killed_inside_a_long_probe_and_started_again(
    world: TinyWorld, tmp_path: Path, root: Path, probe: str
) -> None:
    """After kill -9 amid it and a second start, everything but times is the undisturbed run's.

    What is made is what the killed process had begun: it leaves its progress and no record.
    """
    patient = TinyWorld(world.folder, patient=True)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    patient.evaluate(whole, concepts=("church",), probes=(probe,), limit=2)
    # What the base gave is known, so that the kill meets the submission's own run.
    shutil.copytree(whole / "cache" / "base", killed / "cache" / "base")
    if probe != "classifier_guidance":
        shutil.copytree(whole / "cache", killed / "cache", dirs_exist_ok=True)

    process = subprocess.Popen(
        [sys.executable, "-m", "tests.evaluation.tiny_run", str(world.folder), str(killed), probe],
        cwd=root,
        stderr=subprocess.DEVNULL,
    )
    with process:
        deadline = time.monotonic() + PATIENCE
        while not list(killed.glob(PROGRESS[probe])) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(random.Random(probe).uniform(0, LONGEST))
        process.kill()

    assert list(killed.glob(PROGRESS[probe]))
    assert not (killed / "run" / "records.jsonl").exists()
    patient.evaluate(killed, concepts=("church",), probes=(probe,), limit=2)
    assert contents(whole / "run") == contents(killed / "run")
    assert _classifiers(whole) == _classifiers(killed)


def _classifiers(runs: Path) -> dict[str, bytes]:
    """Every classifier in the cache, by its place, and what its card says but for times."""
    found = {}
    for path in runs.glob("cache/classifiers/*/classifier.*"):
        content = path.read_bytes()
        if path.suffix == ".json":
            card = json.loads(content)
            del card["seconds"]
            content = json.dumps(card).encode()
        found[str(path.relative_to(runs))] = content
    return found
