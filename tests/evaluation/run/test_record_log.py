"""The log: what counts as recorded, whatever happened to the process."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from erasebench.errors import RunFolderError
from erasebench.evaluation.plan.plan import submission_plan
from erasebench.evaluation.plan.selection import select
from erasebench.evaluation.run.record_log import (
    PREPARATIONS,
    RECORDS,
    TIMINGS,
    BatchTiming,
    RecordLog,
)
from erasebench.protocol import PICTOGRAM_V1
from tests.evaluation.example_records import example_records

PLAN = submission_plan(
    PICTOGRAM_V1,
    select(PICTOGRAM_V1, ("church",), ("standard_prompt", "noise"), limit=2),
    encoder_edited=False,
)
BATCH_SIZE = 7
"""26 trials: three whole batches and one of five."""


def fill(folder: Path, batches: int) -> RecordLog:
    """A log with its first batches recorded, a second each, shared by two probes."""
    log = RecordLog(folder, PLAN, BATCH_SIZE)
    records = example_records(PLAN, seed=3)
    for number in range(batches):
        part = records[number * BATCH_SIZE : (number + 1) * BATCH_SIZE]
        seconds = {"standard_prompt": 0.25, "noise": 0.75}
        finished = f"2026-01-01T00:00:0{number}+00:00"
        log.append(BatchTiming(batch=number, finished=finished, seconds=seconds), part)
    return log


def test_a_finished_run_has_nothing_left_to_do(tmp_path: Path) -> None:
    """The last batch is whole although it is shorter."""
    log = fill(tmp_path, 4)

    assert log.resume() == len(PLAN.batches(BATCH_SIZE))
    assert [record.trial for record in log.records()] == list(PLAN.trials)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_byte_a_kill_stops_at_whole_batches_stay(tmp_path: Path, seed: int) -> None:
    """Cut anywhere, both files are taken back to the end of the last whole batch."""
    log = fill(tmp_path, 4)
    records = (tmp_path / RECORDS).read_bytes()
    cut = random.Random(seed).randrange(len(records))
    (tmp_path / RECORDS).write_bytes(records[:cut])
    whole = log.resume()
    kept = (tmp_path / RECORDS).read_bytes()

    assert whole == records[:cut].count(b"\n") // BATCH_SIZE
    assert kept == b"".join(records.splitlines(keepends=True)[: whole * BATCH_SIZE])
    assert (tmp_path / TIMINGS).read_text().count("\n") == whole


def test_time_adds_up_over_batches(tmp_path: Path) -> None:
    """Four seconds in four batches, shared out as they say; the last one's end is the end."""
    log = fill(tmp_path, 4)
    found = log.read()
    times = {timing.probe: (timing.samples, timing.seconds) for timing in found.timings}

    assert times == {"standard_prompt": (2, 1.0), "noise": (24, 3.0)}
    assert found.finished == "2026-01-01T00:00:03+00:00"


def test_artifacts_add_up_over_processes(tmp_path: Path) -> None:
    """One that was made twice counts twice; a probe without images is left out."""
    log = fill(tmp_path, 4)
    for probe, seconds in (("noise", 1.5), ("noise", 0.25), ("resampling", 9.0)):
        log.prepared(probe, seconds)

    preparing = {timing.probe: timing.preparing for timing in log.read().timings}

    assert preparing == {"standard_prompt": 0.0, "noise": 1.75}


def test_a_torn_line_of_a_preparation_is_dropped(tmp_path: Path) -> None:
    """A disk that was full in the middle of it costs that line, and not the next one."""
    log = fill(tmp_path, 2)
    log.prepared("noise", 1.5)
    with (tmp_path / PREPARATIONS).open("a") as file:
        file.write('{"probe":"noi')
    log.resume()
    log.prepared("noise", 1.0)

    assert {one.probe: one.preparing for one in log.read().timings}["noise"] == 2.5


def test_a_timing_without_its_records_does_not_count(tmp_path: Path) -> None:
    """A process killed between the two has not done the batch."""
    log = fill(tmp_path, 2)
    records = (tmp_path / RECORDS).read_bytes()
    log.append(BatchTiming(batch=2, finished="", seconds={"noise": 1.0}), [])

    assert log.resume() == 2
    assert records == (tmp_path / RECORDS).read_bytes()
    assert sum(timing.seconds for timing in log.read().timings) == 2.0


def test_a_record_that_the_plan_does_not_foresee_is_refused(tmp_path: Path) -> None:
    """Records of another plan are no part of this run, and are never dropped in silence."""
    log = fill(tmp_path, 2)
    lines = (tmp_path / RECORDS).read_text().splitlines(keepends=True)
    (tmp_path / RECORDS).write_text("".join([lines[1], *lines[1:]]))

    with pytest.raises(RunFolderError, match=r"line 1 of records\.jsonl"):
        log.resume()


def test_a_line_that_is_no_record_is_refused(tmp_path: Path) -> None:
    """A whole line that cannot be read is damage, not the trace of a kill."""
    log = fill(tmp_path, 2)
    lines = (tmp_path / RECORDS).read_text().splitlines(keepends=True)
    (tmp_path / RECORDS).write_text("".join([*lines[:4], "{}\n", *lines[5:]]))

    with pytest.raises(RunFolderError, match=r"line 5 of records\.jsonl"):
        log.resume()


def test_timings_that_are_gone_are_an_expected_error(tmp_path: Path) -> None:
    """Records without them are not taken up, and not cut either."""
    log = fill(tmp_path, 4)
    before = (tmp_path / RECORDS).read_bytes()
    (tmp_path / TIMINGS).unlink()

    with pytest.raises(RunFolderError, match="0 lines, but 4 batches"):
        log.resume()
    assert before == (tmp_path / RECORDS).read_bytes()


def test_a_damaged_timing_is_an_expected_error(tmp_path: Path) -> None:
    """The line is named, and what to do."""
    log = fill(tmp_path, 4)
    lines = (tmp_path / TIMINGS).read_text().splitlines()
    (tmp_path / TIMINGS).write_text("\n".join([lines[0], "?", *lines[2:], ""]))

    with pytest.raises(RunFolderError, match=r"line 2 of timings\.jsonl is damaged: .*Remove"):
        log.resume()
