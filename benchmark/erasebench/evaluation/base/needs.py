"""The original model for one run: stored outcomes, runs to measure, images to start from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.evaluation.base.calibration import Calibration, calibration_of
from erasebench.evaluation.base.stored import NOTHING_STORED, StoredBase, stored_base, unpack
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.evaluation.plan.plan import Plan, base_plans
from erasebench.evaluation.plan.selection import RETENTION, Selection
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.run.record_log import RECORDS
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import (
    BASE_FOLDER,
    START_AGAIN,
    RunSpec,
    claim,
    working_in,
)
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.protocol import Protocol
from erasebench.results.outcome import Outcome
from erasebench.results.record import Record
from erasebench.results.reference import References, references_of
from erasebench.stats.outcomes import outcomes_of


@dataclass(frozen=True)
class BaseRun:
    """One run of the base that a submission needs.

    Attributes:
        name: of the plan among `base_plans`.
        stored: the part of that plan with stored outcomes; may be empty.
        plan: the rest, to be measured; may be empty.
        spec: fixes the run.
        folder: its folder. The name holds the digest of the spec, so that whatever could change a
            record makes another folder.
    """

    name: str
    stored: Plan
    plan: Plan
    spec: RunSpec
    folder: Path


@dataclass(frozen=True)
class BaseMeasurement:
    """A finished run of the base: its folder, and one record per trial."""

    folder: Path
    records: tuple[Record, ...]


@dataclass(frozen=True)
class BaseNeeds:
    """Everything that a run needs from the original model.

    Attributes:
        references: give floors and contrasts; none with other latent classifiers than theirs.
        stored: the base's stored outcomes.
        runs: the base's runs.
        images: the base's images that probes start from.
        calibration: the comparison of this machine with the reference.
    """

    references: References
    stored: StoredBase
    runs: tuple[BaseRun, ...]
    images: PictureStore
    calibration: Calibration

    @property
    def unmeasured(self) -> list[BaseRun]:
        """The runs with outcomes that are not stored."""
        return [base for base in self.runs if base.plan.trials]

    def measure(self, models: LoadedModels) -> list[BaseMeasurement]:
        """Runs the plans that are not stored, or reads what earlier runs recorded.

        Waits for another process that measures the same.

        Raises:
            RunFolderError: if an earlier run's file is damaged or missing.
            DiskFullError, UnwritableError: if a file cannot be written; whole batches stay.
        """
        measured = []
        for base in self.unmeasured:
            with working_in(base.folder, wait=True):
                claim(base.folder, base.spec)
                label = f"base, {base.name}"
                log = run(base.plan, base.spec, base.folder, models, self.images, label)
                measured.append(BaseMeasurement(base.folder, log.records()))
        return measured

    def outcomes(self, measured: Sequence[BaseMeasurement]) -> tuple[Outcome, ...]:
        """The base's outcomes for the run's questions, stored and measured."""
        return (
            *(one for base in self.runs for one in self.stored.of(base.stored)),
            *outcomes_of(record for base in measured for record in base.records),
        )

    def write_base_records(
        self, measured: Sequence[BaseMeasurement], folder: Path, images: KeptImages
    ) -> None:
        """Copies the base's records and kept images into a run's folder, which is then complete.

        Args:
            measured: all records are copied.
            folder: the submission's run.
            images: which of the stored images it keeps.

        Raises:
            RunFolderError: if an image of the base is missing.
            ResultError: if an archive cannot be read.
            DiskFullError: if the disk is full.
        """
        place = folder / BASE_FOLDER
        records = [record for base in measured for record in base.records]
        for base in measured:
            for picture in filter(None, (record.picture for record in base.records)):
                replace_file(place / picture, _kept(base, picture))
        for one in self.runs:
            if one.stored.trials:
                records += unpack(self.stored.archive(one.name), place, one.stored, images)
        lines = "".join(f"{record.model_dump_json()}\n" for record in records)
        replace_file(place / RECORDS, lines.encode())


def base_needs(
    protocol: Protocol, selection: Selection, spec: RunSpec, cache: Path, references: Path | None
) -> BaseNeeds:
    """Compares a run's needs with the stored references, probe by probe.

    So a probe without stored outcomes is measured alone. Concepts whose latent classifier is not
    the protocol's are measured whole.

    Args:
        protocol: the protocol.
        selection: the submission's part of the suite.
        spec: fixes the submission's run.
        cache: its folder `base` holds the base's runs and images.
        references: folder of all references; None to measure everything.
    """
    found = references_of(protocol, spec.seed_set, references)
    stored = stored_base(protocol, found, references, spec.seed_set)
    custom = spec.classifiers or {}
    runs = []
    for name, whole in base_plans(protocol, selection).items():
        part, plan = (NOTHING_STORED if name in custom else stored).split(whole)
        # As text as well, and the same for every submission that shares the run.
        if name == RETENTION:
            limit = len(selection.indices(protocol.retention_prompts))
            own = spec.of_base(concepts=(), probes=(RETENTION,), limit=limit)
        else:
            own = spec.of_base(concepts=(name,), probes=selection.probes)
        own = own.model_copy(update={"plan_digest": plan.digest})
        # Null fields are left out, so that runs made before the field existed are found.
        digest = hashlib.sha256(own.model_dump_json(exclude_none=True).encode()).hexdigest()
        folder = cache / BASE / f"{protocol.name}-{name}-{digest[:16]}"
        runs.append(BaseRun(name, part, plan, own, folder))
    indices = selection.indices(protocol.prompts)
    return BaseNeeds(
        references=References() if custom else found,
        stored=stored,
        runs=tuple(runs),
        images=picture_store(spec, indices, cache),
        calibration=calibration_of(selection.concepts, found.base, indices),
    )


def picture_store(spec: RunSpec, indices: Sequence[int], cache: Path) -> PictureStore:
    """The store for a run. While one process writes into it, others wait.

    Args:
        spec: fixes the run; the name of the store's folder holds the digest of everything in it
            that could move a pixel.
        indices: the run's prompt indices.
        cache: its folder `base` holds the stores.
    """
    own = spec.of_base(plan_digest="", concepts=(), probes=(), images="none")
    digest = hashlib.sha256(own.model_dump_json().encode()).hexdigest()
    folder = cache / BASE / f"{spec.protocol}-pictures-{digest[:16]}"
    return PictureStore(folder, tuple(indices), partial(_held, folder, own))


def missing_pictures(store: PictureStore, plans: Iterable[Plan]) -> int:
    """The number of images that plans need and a store lacks, without redraws."""
    wanted = {
        (target, kind): plan.protocol.inversion_pictures
        if kind == "example"
        else len(store.indices)
        for plan in plans
        for name, target in plan.probe_targets
        for kind in plan.probes[name].base_pictures
    }
    return sum(count for (target, kind), count in wanted.items() if not store.holds(kind, target))


@contextmanager
def _held(folder: Path, spec: RunSpec) -> Iterator[None]:
    with working_in(folder, wait=True):
        claim(folder, spec)
        yield


def _kept(base: BaseMeasurement, picture: str) -> bytes:
    try:
        return (base.folder / picture).read_bytes()
    except FileNotFoundError as error:
        raise RunFolderError(base.folder, f"{picture} is missing. {START_AGAIN}") from error
