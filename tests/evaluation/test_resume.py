"""A run that is stopped in any way and started again ends like one that was not."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from erasebench.errors import DiskFullError, RunFolderTakenError, RunLockedError
from erasebench.evaluation.folder import working_in
from tests.evaluation.tiny_run import TinyWorld

PATIENCE = 300
"""Seconds after which a process that records nothing has failed."""


def contents(folder: Path) -> dict[str, bytes]:
    """What a run leaves, but for its block of timings, dates and host."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    result = json.loads(found.pop("result.json"))
    del result["run"], found["timings.jsonl"], found["run.json"]
    return found | {"result.json": json.dumps(result).encode()}


def recorded(runs: Path) -> int:
    """Lines recorded so far, of the base and of the submission."""
    paths = [*runs.glob("cache/*/records.jsonl"), *runs.glob("run/records.jsonl")]
    return sum(path.read_bytes().count(b"\n") for path in paths)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system lets no file grow beyond `size` bytes, as where a quota is used up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_killed_at_a_random_moment_and_started_again(
    world: TinyWorld, finished: Path, tmp_path: Path, root: Path, seed: int
) -> None:
    """After kill -9 and a second start, records, pictures and result are the undisturbed run's."""
    moment = random.Random(seed).randrange(recorded(finished))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.evaluation.tiny_run", str(world.folder), str(tmp_path)],
        cwd=root,
        stderr=subprocess.DEVNULL,
    )
    with process:
        deadline = time.monotonic() + PATIENCE
        while recorded(tmp_path) < moment and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.kill()

    assert not (tmp_path / "run" / "result.json").exists()
    world.evaluate(tmp_path)

    assert contents(finished / "run") == contents(tmp_path / "run")


def test_a_torn_last_line_is_drawn_again(world: TinyWorld, finished: Path, tmp_path: Path) -> None:
    """A record of which half was written costs its batch, and nothing else."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    records = tmp_path / "run" / "records.jsonl"
    records.write_bytes(records.read_bytes()[:-20])
    world.evaluate(tmp_path)

    assert contents(finished / "run") == contents(tmp_path / "run")


def test_a_second_run_changes_no_byte(world: TinyWorld, finished: Path, tmp_path: Path) -> None:
    """A finished run, asked for again, gives every file again, its dates and timings too."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    world.evaluate(tmp_path)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert before == after


def test_a_full_disk_loses_nothing_that_was_recorded(
    world: TinyWorld, finished: Path, tmp_path: Path
) -> None:
    """Whole batches stay, the error says what to do, and with room again the run goes on."""
    shutil.copytree(finished / "cache", tmp_path / "cache")
    whole = finished / "run" / "records.jsonl"
    with largest_file(whole.stat().st_size // 2), pytest.raises(DiskFullError, match="free some"):
        world.evaluate(tmp_path)
    kept = (tmp_path / "run" / "records.jsonl").read_bytes()

    assert kept.count(b"\n") >= 7
    assert whole.read_bytes().startswith(kept)
    world.evaluate(tmp_path)
    assert contents(finished / "run") == contents(tmp_path / "run")


def test_a_folder_in_use_is_refused(world: TinyWorld, tmp_path: Path) -> None:
    """While one process works in it, a second is sent away before it loads a model."""
    with working_in(tmp_path / "run"), pytest.raises(RunLockedError):
        world.evaluate(tmp_path)


def test_a_folder_of_another_run_is_refused(
    world: TinyWorld, finished: Path, tmp_path: Path
) -> None:
    """A run of other batches, or of another plan, does not go on where this one stopped."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    with pytest.raises(RunFolderTakenError) as batches:
        world.evaluate(tmp_path, batch_size=8)
    with pytest.raises(RunFolderTakenError) as plan:
        world.evaluate(tmp_path, limit=1)

    assert batches.value.differs == "batch size"
    assert plan.value.differs == "plan digest"
