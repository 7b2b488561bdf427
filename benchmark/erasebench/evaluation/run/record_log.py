"""Records and timings of a run: one line per image, one per batch, one per preparation."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from erasebench.disk import append_lines, keep_lines, whole_lines
from erasebench.errors import RunFolderError
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.frozen_model import FrozenModel
from erasebench.results.record import Record
from erasebench.results.result import ProbeTiming

RECORDS = "records.jsonl"
"""File of records; equal for two runs that differ only in time and host."""

TIMINGS = "timings.jsonl"

PREPARATIONS = "preparations.jsonl"
"""File of preparation times, one line for each finished preparation."""


class BatchTiming(FrozenModel):
    """Time of one batch."""

    batch: int = Field(ge=0, description="Number of the batch, from 0.")
    finished: str = Field(description="UTC, ISO 8601.")
    seconds: dict[str, float] = Field(description="Wall time per probe, by its share of UNet rows.")


class PreparationTiming(FrozenModel):
    """Time of one preparation, in the process that finished it."""

    probe: str = Field(description="Identifier of the probe.")
    seconds: float = Field(ge=0, description="Wall time.")


_Line = TypeVar("_Line", bound=FrozenModel)


def recorded_in(folder: Path) -> int:
    """The number of records in a run's folder, including those of unfinished batches."""
    return len(whole_lines(folder / RECORDS))


def read_lines(path: Path, model: type[_Line]) -> list[_Line]:
    """The whole lines of a file in a run's folder; none without the file.

    Raises:
        RunFolderError: if a line is damaged.
    """
    found = []
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            found.append(model.model_validate_json(line))
        except ValidationError as error:
            raise RunFolderError(
                path.parent,
                f"line {number} of {path.name} is damaged: {error.errors()[0]['msg']}. "
                f"{START_AGAIN}",
            ) from error
    return found


@dataclass(frozen=True)
class Recorded:
    """The content of a run's folder.

    Attributes:
        records: one per image, in the plan's order.
        timings: images and wall time per probe, in the plan's order of probes.
        finished: end of the last batch: UTC, ISO 8601.
    """

    records: tuple[Record, ...]
    timings: tuple[ProbeTiming, ...]
    finished: str


@dataclass(frozen=True)
class RecordLog:
    """The records and timings of one run, batch by batch.

    A batch's timing is written before its records, so a batch counts when its records are whole.

    Attributes:
        folder: the run's folder.
        plan: the expected records, in order.
        batch_size: trials per batch.
    """

    folder: Path
    plan: Plan
    batch_size: int

    def resume(self) -> int:
        """Drops everything after the last batch that is wholly recorded.

        Returns:
            The number of whole batches.

        Raises:
            RunFolderError: if a record is damaged or not the plan's, or the timing of a whole batch
                is damaged or missing.
        """
        records = len(self.records())
        whole = records // self.batch_size
        if records == len(self.plan.trials):
            whole = len(self.plan.batches(self.batch_size))
        timings = len(read_lines(self.folder / TIMINGS, BatchTiming))
        if timings < whole:
            raise RunFolderError(
                self.folder,
                f"{TIMINGS} has {timings} lines, but {whole} batches are recorded. {START_AGAIN}",
            )
        kept = {RECORDS: whole * self.batch_size, TIMINGS: whole, PREPARATIONS: None}
        for name, lines in kept.items():
            keep_lines(self.folder / name, whole_lines(self.folder / name)[:lines])
        return whole

    def append(self, timing: BatchTiming, records: list[Record]) -> None:
        """Records a batch whose images are on disk.

        Raises:
            DiskFullError: if the disk is full; earlier batches stay.
        """
        append_lines(self.folder / TIMINGS, [timing.model_dump_json()])
        append_lines(self.folder / RECORDS, [record.model_dump_json() for record in records])

    def prepared(self, probe: str, seconds: float) -> None:
        """Records the time of a probe's preparation."""
        timing = PreparationTiming(probe=probe, seconds=round(seconds, 3))
        append_lines(self.folder / PREPARATIONS, [timing.model_dump_json()])

    def records(self) -> tuple[Record, ...]:
        """Every record so far, in the plan's order.

        Raises:
            RunFolderError: if a record is damaged or not the plan's.
        """
        records = read_lines(self.folder / RECORDS, Record)
        for number, record in enumerate(records):
            if number >= len(self.plan.trials) or record.trial != self.plan.trials[number]:
                raise RunFolderError(
                    self.folder,
                    f"line {number + 1} of {RECORDS} is not the record that the plan has there. "
                    f"{START_AGAIN}",
                )
        return tuple(records)

    def read(self) -> Recorded:
        """Everything so far; at least one batch is recorded.

        The time that a process spent on an unfinished preparation is lost.

        Raises:
            RunFolderError: if a line is damaged, or a record is not the plan's.
        """
        records = self.records()
        batches = read_lines(self.folder / TIMINGS, BatchTiming)
        samples = Counter(record.trial.probe for record in records)
        seconds: defaultdict[str, float] = defaultdict(float)
        for timing in batches:
            for probe, share in timing.seconds.items():
                seconds[probe] += share
        preparing: defaultdict[str, float] = defaultdict(float)
        for prepared in read_lines(self.folder / PREPARATIONS, PreparationTiming):
            preparing[prepared.probe] += prepared.seconds
        timings = tuple(
            ProbeTiming(
                probe=probe,
                samples=samples[probe],
                seconds=round(seconds[probe], 3),
                preparing=round(preparing[probe], 3),
            )
            for probe in self.plan.probes
            if probe in samples
        )
        return Recorded(records, timings, batches[-1].finished)
