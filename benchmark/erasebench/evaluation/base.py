"""The unedited base, measured like a submission, once for all submissions that need it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import replace_file
from erasebench.evaluation.apparatus import Apparatus
from erasebench.evaluation.folder import RunSpec, claim, working_in
from erasebench.evaluation.images import Picture
from erasebench.evaluation.ledger import RECORDS
from erasebench.evaluation.plan import Plan
from erasebench.evaluation.run import run
from erasebench.evaluation.sources import source_pictures
from erasebench.results.trial import Record

BESIDE = "base"
"""Folder, inside a submission's run folder, of what the base gave to the same questions."""


@dataclass(frozen=True)
class BaseMeasurement:
    """One of the base's runs, finished.

    Attributes:
        folder: where it lies.
        records: one per trial.
        sources: the base pictures that inpainting fills in, by the key that trajectories name.
    """

    folder: Path
    records: tuple[Record, ...]
    sources: Mapping[str, Picture]


def cache_folder() -> Path:
    """Where the base's runs are kept: `$XDG_CACHE_HOME/erasebench/base`, by default in ~/.cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "erasebench" / "base"


def measure_base(
    name: str, plan: Plan, spec: RunSpec, apparatus: Apparatus, cache: Path
) -> BaseMeasurement:
    """Runs one of the base's plans, or reads what an earlier run of it recorded.

    The folder's name holds the digest of everything that fixes the run, so that whatever could
    move a record makes another folder. Where another process is measuring, it is waited for.

    Args:
        name: of the plan among `base_plans`.
        plan: what is drawn.
        spec: fixes the run.
        apparatus: draws and judges.
        cache: holds all runs of bases.

    Raises:
        DiskFullError: if there is no room; whole batches stay recorded.
    """
    digest = hashlib.sha256(spec.model_dump_json().encode()).hexdigest()
    folder = cache / f"{spec.protocol}-{name}-{digest[:16]}"
    with working_in(folder, wait=True):
        claim(folder, spec)
        sources = source_pictures(plan, spec, folder, apparatus)
        ledger = run(plan, spec, folder, apparatus, sources, f"base, {name}")
        return BaseMeasurement(folder, ledger.records(), sources)


def put_beside(measured: list[BaseMeasurement], folder: Path) -> None:
    """Copies the base's records and kept pictures into a run's folder, which then stands alone.

    Raises:
        DiskFullError: if there is no room.
    """
    lines = []
    for base in measured:
        for record in base.records:
            lines.append(f"{record.model_dump_json()}\n")
            if record.picture is not None:
                picture = (base.folder / record.picture).read_bytes()
                replace_file(folder / BESIDE / record.picture, picture)
    replace_file(folder / BESIDE / RECORDS, "".join(lines).encode())
