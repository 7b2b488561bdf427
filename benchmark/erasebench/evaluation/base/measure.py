"""The unedited base, measured like a submission, once for all submissions that need it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.disk import replace_file
from erasebench.errors import RunFolderError
from erasebench.evaluation.base.stored import NOTHING_KNOWN, KnownBase, unpack
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.evaluation.plan.plan import Plan, base_plans
from erasebench.evaluation.plan.selection import RETENTION, Selection
from erasebench.evaluation.run.models import Apparatus
from erasebench.evaluation.run.record_log import RECORDS
from erasebench.evaluation.run.run import run
from erasebench.evaluation.run.run_folder import BESIDE, START_AGAIN, RunSpec, claim, working_in
from erasebench.optimisation.base_pictures import PictureStore
from erasebench.protocol import Protocol
from erasebench.results.record import Record


@dataclass(frozen=True)
class BaseRun:
    """One run of the base that a submission needs beside its own.

    Attributes:
        name: of the plan among `base_plans`.
        known: the part of that plan whose outcomes are known; empty where none are.
        plan: the rest, which is drawn; empty where all are known.
        spec: fixes the run.
        folder: where it lies. Its name holds the digest of the spec, so that whatever could move
            a record makes another folder.
    """

    name: str
    known: Plan
    plan: Plan
    spec: RunSpec
    folder: Path


@dataclass(frozen=True)
class BaseMeasurement:
    """One of the base's runs, finished.

    Attributes:
        folder: where it lies.
        records: one per trial.
    """

    folder: Path
    records: tuple[Record, ...]


def base_runs(
    protocol: Protocol,
    selection: Selection,
    spec: RunSpec,
    cache: Path,
    known: KnownBase = NOTHING_KNOWN,
    foreign: Collection[str] = (),
) -> tuple[BaseRun, ...]:
    """The runs of the unedited base under all that a submission is asked.

    What is known is looked up probe by probe, so that one which no reference holds is drawn alone.

    Args:
        protocol: sizes and grids.
        selection: which part of the suite the submission is asked.
        spec: fixes the submission's run.
        cache: runs of bases are kept in its folder `base`.
        known: what need not be drawn.
        foreign: concepts whose latent classifier is not the one that this was measured with, so
            that they are drawn whole.
    """
    runs = []
    for name, whole in base_plans(protocol, selection).items():
        part, plan = (NOTHING_KNOWN if name in foreign else known).split(whole)
        # In words as well, and in the same ones for every submission that shares the run.
        if name == RETENTION:
            limit = len(selection.indices(protocol.retention_prompts))
            words = {"concepts": (), "probes": (RETENTION,), "limit": limit}
        else:
            words = {"concepts": (name,), "probes": selection.probes}
        own = spec.model_copy(
            update={
                "subject": BASE,
                "checkpoint_digest": spec.base_digest,
                "plan_digest": plan.digest,
                **words,
            }
        )
        # What is null is left out, so that runs of before there was such a field are found.
        digest = hashlib.sha256(own.model_dump_json(exclude_none=True).encode()).hexdigest()
        runs.append(
            BaseRun(name, part, plan, own, cache / BASE / f"{protocol.name}-{name}-{digest[:16]}")
        )
    return tuple(runs)


def measure_base(base: BaseRun, apparatus: Apparatus, store: PictureStore) -> BaseMeasurement:
    """Runs one of the base's plans, or reads what an earlier run of it recorded.

    Where another process is measuring, it is waited for.

    Args:
        base: what is run, and where.
        apparatus: draws and judges.
        store: gives the base's pictures.

    Raises:
        RunFolderError: if what an earlier run recorded is damaged or gone.
        DiskFullError, UnwritableError: if it cannot be recorded; whole batches stay.
    """
    with working_in(base.folder, wait=True):
        claim(base.folder, base.spec)
        ledger = run(base.plan, base.spec, base.folder, apparatus, store, f"base, {base.name}")
        return BaseMeasurement(base.folder, ledger.records())


def put_beside(
    measured: Sequence[BaseMeasurement],
    packed: Mapping[Path, Plan],
    folder: Path,
    images: KeptImages,
) -> None:
    """Puts the base's records and kept pictures into a run's folder, which then stands alone.

    Args:
        measured: the base's runs, of which all records are taken over.
        packed: archives of what was measured before, with what the run asks of the base.
        folder: the submission's run.
        images: which pictures it keeps.

    Raises:
        RunFolderError: if a picture of the base is gone.
        ResultError: if an archive cannot be read.
        DiskFullError: if there is no room.
    """
    records = []
    for base in measured:
        for record in base.records:
            records.append(record)
            if record.picture is not None:
                replace_file(folder / BESIDE / record.picture, _kept(base, record.picture))
    for archive, plan in packed.items():
        records += unpack(archive, folder / BESIDE, plan, images)
    lines = "".join(f"{record.model_dump_json()}\n" for record in records)
    replace_file(folder / BESIDE / RECORDS, lines.encode())


def _kept(base: BaseMeasurement, picture: str) -> bytes:
    try:
        return (base.folder / picture).read_bytes()
    except FileNotFoundError as error:
        raise RunFolderError(base.folder, f"{picture} is gone. {START_AGAIN}") from error
