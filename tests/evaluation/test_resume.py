"""A run that is stopped in any way and started again ends like one that was not."""

from __future__ import annotations

import itertools
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
from pkgutil import resolve_name

import pytest

from erasebench.errors import DiskFullError, RunFolderError, RunFolderTakenError, RunLockedError
from erasebench.evaluation.run.run_folder import working_in
from tests.evaluation.tiny_run import TinyWorld


class StoppedError(Exception):
    """Stands for whatever ends a process."""


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
    del result["checkpoints"][0]["run"], found["timings.jsonl"], found["run.json"]
    found.pop("preparations.jsonl", None)
    return found | {"result.json": json.dumps(result).encode()}


def recorded(runs: Path) -> int:
    """Lines recorded so far, of the base and of the submission."""
    paths = [*runs.glob("cache/base/*/records.jsonl"), *runs.glob("run/records.jsonl")]
    return sum(path.read_bytes().count(b"\n") for path in paths)


def longest_batch(runs: Path) -> float:
    """Seconds that the longest batch of a run took."""
    lines = (runs / "run" / "timings.jsonl").read_text().splitlines()
    return max(sum(json.loads(line)["seconds"].values()) for line in lines)


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
    """After kill -9 and a second start, records, pictures and result are the undisturbed run's.

    The moment is some time after some record, so that it may fall into any part of a batch.
    """
    dice = random.Random(seed)
    moment, delay = dice.randrange(recorded(finished)), dice.uniform(0, longest_batch(finished))
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
        time.sleep(delay)
        process.kill()

    world.evaluate(tmp_path)

    assert contents(finished / "run") == contents(tmp_path / "run")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("place", "call"),
    [
        ("erasebench.evaluation.run.preparation.replace_file", 1),
        ("erasebench.evaluation.run.run.store_picture", 3),
        ("erasebench.evaluation.run.record_log.append_lines", 2),
        ("erasebench.evaluation.base.needs.BaseNeeds.write_base_records", 1),
        ("erasebench.evaluation.evaluate.write_result", 1),
    ],
)
def test_stopped_in_any_part_of_a_batch_or_of_the_end(
    world: TinyWorld,
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    call: int,
    moment: str,
) -> None:
    """Stopped before or after the n-th call of each function that writes, and started again."""
    shutil.copytree(finished / "cache", tmp_path / "cache")
    real = resolve_name(place)
    calls = itertools.count(1)

    def stopping(*words: object) -> None:
        number = next(calls)
        if number == call and moment == "before":
            raise StoppedError
        real(*words)
        if number == call:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(place, stopping)
        with pytest.raises(StoppedError):
            world.evaluate(tmp_path)
    world.evaluate(tmp_path)

    assert contents(finished / "run") == contents(tmp_path / "run")


def test_a_picture_gone_from_the_cache_is_an_expected_error(
    world: TinyWorld, finished: Path, tmp_path: Path
) -> None:
    """Which folder to remove is said; with it removed, the same command ends as it should."""
    shutil.copytree(finished / "cache", tmp_path / "cache")
    picture = next((tmp_path / "cache").glob("base/*-church-*/images/**/*.png"))
    picture.unlink()
    with pytest.raises(RunFolderError, match=r"is missing\. Remove the folder") as refusal:
        world.evaluate(tmp_path)

    assert refusal.value.folder in picture.parents
    shutil.rmtree(refusal.value.folder)
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
        world.evaluate(tmp_path, limit=2)
    with pytest.raises(RunFolderTakenError) as probes:
        world.evaluate(tmp_path, probes=("noise",))

    assert batches.value.differs == "batch size"
    assert (plan.value.differs, plan.value.found, plan.value.wanted) == ("limit", "4", "2")
    assert probes.value.differs == "probes"
