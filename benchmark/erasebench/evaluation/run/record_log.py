"""What a run has recorded: one line per picture, one per batch for its time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from erasebench.disk import append_lines, keep_lines, whole_lines
from erasebench.errors import RunFolderError
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.frozen_model import FrozenModel
from erasebench.results.record import Record
from erasebench.results.result import ProbeTiming

RECORDS = "records.jsonl"
"""Name of the file of records; equal for two runs that differ only in time and host."""

TIMINGS = "timings.jsonl"

PREPARATIONS = "preparations.jsonl"
"""What preparations took, one line for each that a process finished."""


class BatchTiming(FrozenModel):
    """When a batch was done, and what each probe's share of it took."""

    batch: int = Field(ge=0, description="Number of the batch, from 0.")
    finished: str = Field(description="UTC, ISO 8601.")
    seconds: dict[str, float] = Field(description="Wall time per probe, by its share of UNet rows.")


class PreparationTiming(FrozenModel):
    """What one preparation took, in the process that finished it."""

    probe: str = Field(description="Identifier of the probe.")
    seconds: float = Field(ge=0, description="Wall time.")


def recorded_in(folder: Path) -> int:
    """The number of pictures that a run's folder has records of, whole batches or not."""
    return len(whole_lines(folder / RECORDS))


@dataclass(frozen=True)
class Recorded:
    """All that a run's folder holds, read once.

    Attributes:
        records: one per image, in the plan's order.
        timings: images and wall time per probe, in the plan's order of probes.
        finished: when the last batch was done: UTC, ISO 8601.
    """

    records: tuple[Record, ...]
    timings: tuple[ProbeTiming, ...]
    finished: str


@dataclass(frozen=True)
class Ledger:
    """The records and timings of one run, batch by batch.

    A batch's timing is written before its records, so a batch counts when its records are whole.

    Attributes:
        folder: the run's folder.
        plan: what is to be recorded, in order.
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
            RunFolderError: if a whole line is not the record that the plan foresees there, or the
                timing of a whole batch is damaged or gone.
        """
        path = self.folder / RECORDS
        lines = whole_lines(path)
        for number, line in enumerate(lines):
            self._read(number, line)
        batches = self.plan.batches(self.batch_size)
        whole = len(lines) // self.batch_size
        if len(lines) == len(self.plan.trials):
            whole = len(batches)
        timings = whole_lines(self.folder / TIMINGS)
        if len(self._batch_timings()) < whole:
            raise RunFolderError(
                self.folder,
                f"{TIMINGS} has {len(timings)} lines, and {whole} batches are recorded. "
                f"{START_AGAIN}",
            )
        keep_lines(path, lines[: whole * self.batch_size])
        keep_lines(self.folder / TIMINGS, timings[:whole])
        keep_lines(self.folder / PREPARATIONS, whole_lines(self.folder / PREPARATIONS))
        return whole

    def append(self, timing: BatchTiming, records: list[Record]) -> None:
        """Records a batch whose pictures are on disk.

        Raises:
            DiskFullError: if there is no room; earlier batches stay.
        """
        append_lines(self.folder / TIMINGS, [timing.model_dump_json()])
        append_lines(self.folder / RECORDS, [record.model_dump_json() for record in records])

    def prepared(self, probe: str, seconds: float) -> None:
        """Records what a probe's preparation took."""
        timing = PreparationTiming(probe=probe, seconds=round(seconds, 3))
        append_lines(self.folder / PREPARATIONS, [timing.model_dump_json()])

    def records(self) -> tuple[Record, ...]:
        """Every record so far, in the plan's order.

        Raises:
            RunFolderError: if a line is not the record that the plan foresees there.
        """
        lines = whole_lines(self.folder / RECORDS)
        return tuple(self._read(number, line) for number, line in enumerate(lines))

    def read(self) -> Recorded:
        """Everything so far; at least one batch is recorded.

        The time that a process spent on a preparation that it did not finish is lost.

        Raises:
            RunFolderError: if a line is damaged, or not the record that the plan foresees there.
        """
        records, batches = self.records(), self._batch_timings()
        samples = Counter(record.trial.probe for record in records)
        seconds: defaultdict[str, float] = defaultdict(float)
        for timing in batches:
            for probe, share in timing.seconds.items():
                seconds[probe] += share
        preparing: defaultdict[str, float] = defaultdict(float)
        for prepared in self._preparations():
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

    def _batch_timings(self) -> list[BatchTiming]:
        timings = []
        for number, line in enumerate(whole_lines(self.folder / TIMINGS)):
            try:
                timings.append(BatchTiming.model_validate_json(line))
            except ValidationError as error:
                raise RunFolderError(
                    self.folder, f"line {number + 1} of {TIMINGS} is damaged. {START_AGAIN}"
                ) from error
        return timings

    def _preparations(self) -> Iterator[PreparationTiming]:
        for number, line in enumerate(whole_lines(self.folder / PREPARATIONS)):
            try:
                yield PreparationTiming.model_validate_json(line)
            except ValidationError as error:
                raise RunFolderError(
                    self.folder, f"line {number + 1} of {PREPARATIONS} is damaged. {START_AGAIN}"
                ) from error

    def _read(self, number: int, line: bytes) -> Record:
        path = self.folder / RECORDS
        try:
            record = Record.model_validate_json(line)
        except ValidationError as error:
            raise RunFolderError(
                self.folder,
                f"line {number + 1} of {path.name} is no record: {error.errors()[0]['msg']}. "
                f"{START_AGAIN}",
            ) from error
        if number >= len(self.plan.trials) or record.trial != self.plan.trials[number]:
            raise RunFolderError(
                self.folder,
                f"line {number + 1} of {path.name} is not the record that the plan foresees there. "
                f"{START_AGAIN}",
            )
        return record
