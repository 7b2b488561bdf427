"""Stored outcomes and images of the original model, so that no run measures them again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from erasebench.diffusion.picture_file import load_picture, store_picture
from erasebench.disk import replace_file
from erasebench.errors import ResultError
from erasebench.evaluation.plan.kept_images import KeptImages, kept_trials
from erasebench.evaluation.plan.plan import Plan
from erasebench.evaluation.run.record_log import RECORDS
from erasebench.probes.registry import facts_of
from erasebench.protocol import Protocol
from erasebench.results.outcome import Outcome, OutcomeKey
from erasebench.results.record import Record, evenly_spaced, records_of
from erasebench.results.reference import References, reference_folder

_AGAIN = "Install the package again."


@dataclass(frozen=True)
class StoredBase:
    """The base's outcomes in a protocol's reference, and some of its images.

    Attributes:
        outcomes: by (erased concept, target, probe, prompt index, setting).
        pictures: folder of the archives, one per plan of the base.
    """

    outcomes: dict[OutcomeKey, Outcome]
    pictures: Path

    def split(self, plan: Plan) -> tuple[Plan, Plan]:
        """The stored part of one of the base's plans, and the rest.

        A probe is stored if all its outcomes are.
        """
        missing = {key[2] for key in plan.questions if key not in self.outcomes}
        stored = {trial.probe for trial in plan.trials} - missing
        return plan.only(stored), plan.only(missing)

    def of(self, plan: Plan) -> tuple[Outcome, ...]:
        """The outcomes of a stored plan.

        Raises:
            KeyError: if one of them is not stored.
        """
        return tuple(self.outcomes[key] for key in dict.fromkeys(plan.questions))

    def archive(self, name: str) -> Path:
        """The archive of a plan, by its name among `base_plans`."""
        return self.pictures / f"{name}.zip"


NOTHING_STORED = StoredBase({}, Path())


def stored_base(
    protocol: Protocol, stored: References, references: Path | None, seed_set: str
) -> StoredBase:
    """The base in a protocol's reference; empty without a reference.

    Args:
        protocol: the protocol.
        stored: its references.
        references: folder of all references; None without references.
        seed_set: name of the references' seed set.
    """
    outcomes = () if stored.base is None else stored.base.current(facts_of(protocol))
    return StoredBase(
        outcomes={one.key: one for one in outcomes},
        pictures=reference_folder(protocol.name, seed_set, references or Path()) / "base",
    )


def pack(path: Path, records: Sequence[Record], folder: Path) -> None:
    """Packs records and their images into one lossless archive; the same input, the same bytes.

    Args:
        path: the archive.
        records: each names a kept image.
        folder: the run's folder, with the images.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = "".join(f"{record.model_dump_json()}\n" for record in records)
        archive.writestr(_member(RECORDS), lines)
        for record in records:
            picture = io.BytesIO()
            values = load_picture(folder / str(record.picture))
            Image.fromarray(values).save(picture, format="webp", lossless=True, method=6)
            archive.writestr(_member(str(record.picture)), picture.getvalue())
    replace_file(path, content.getvalue())


def unpack(path: Path, folder: Path, plan: Plan, images: KeptImages) -> tuple[Record, ...]:
    """Unpacks an archive's images into a run's folder; returns their records.

    Args:
        path: the archive.
        folder: the run's folder.
        plan: the base's plan for the run; other records are skipped.
        images: which images the run keeps; if none, no record is returned.

    Raises:
        ResultError: if the archive is missing or damaged.
        DiskFullError: if the disk is full.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read(RECORDS).split(b"\n")[:-1]
            wanted = kept_trials(plan, images)
            records = tuple(
                record for record in records_of(lines, path, _AGAIN) if record.trial in wanted
            )
            for record in records:
                member = archive.read(str(record.picture))
                with Image.open(io.BytesIO(member), formats=["WEBP"]) as image:
                    store_picture(folder / str(record.picture), np.asarray(image))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ResultError(path, f"It cannot be read ({error}). {_AGAIN}") from error
    return records


def spread(records: Sequence[Record], most: int) -> list[Record]:
    """At most so many of each question's records, at even distances of their prompt indices."""
    of: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        trial = record.trial
        of.setdefault((trial.erased, trial.target, trial.probe), []).append(record)
    chosen = []
    for group in of.values():
        chosen += evenly_spaced(group, most)
    return chosen


def _member(name: str) -> zipfile.ZipInfo:
    """An entry without a date, so that archives of equal content are equal."""
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
