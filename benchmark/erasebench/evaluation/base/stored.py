"""What the package knows already of the unedited base, so that no run measures it again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
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
class KnownBase:
    """The outcomes of the base that a protocol's reference holds, and some of its pictures.

    Attributes:
        outcomes: by (erased concept, target, probe, prompt index, setting).
        pictures: folder of the archives, one per plan of the base.
    """

    outcomes: dict[OutcomeKey, Outcome]
    pictures: Path

    def split(self, plan: Plan) -> tuple[Plan, Plan]:
        """The known part of one of the base's plans, and the rest.

        A probe is known if all its outcomes are, whatever is missing of the others.
        """
        missing = {key[2] for key in plan.questions if key not in self.outcomes}
        known = {trial.probe for trial in plan.trials} - missing
        return plan.only(known), plan.only(missing)

    def of(self, plan: Plan) -> tuple[Outcome, ...]:
        """The outcomes of a plan that is known.

        Raises:
            KeyError: if one of them is not.
        """
        return tuple(self.outcomes[key] for key in dict.fromkeys(plan.questions))

    def archive(self, name: str) -> Path:
        """Where the pictures of a plan lie, by its name among `base_plans`."""
        return self.pictures / f"{name}.zip"


NOTHING_KNOWN = KnownBase({}, Path())


def known_base(
    protocol: Protocol,
    stored: References,
    references: Path | None,
    seed_set: str,
) -> KnownBase:
    """What a protocol's reference tells of the base; nothing where it has none.

    Args:
        protocol: whose base.
        stored: its references.
        references: the folder of all references; None where there is none.
        seed_set: name of that which they are for.
    """
    outcomes = () if stored.base is None else stored.base.current(facts_of(protocol))
    return KnownBase(
        outcomes={
            (one.erased, one.target, one.probe, one.prompt_index, one.setting): one
            for one in outcomes
        },
        pictures=reference_folder(protocol.name, seed_set, references or Path()) / "base",
    )


def pack(path: Path, records: Iterable[Record], folder: Path) -> None:
    """Puts records and their pictures into one archive, without loss; equal ones, equal archives.

    Args:
        path: the archive.
        records: of which each names a kept picture.
        folder: the run's, in which the pictures lie.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    kept = list(records)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        lines = "".join(f"{record.model_dump_json()}\n" for record in kept)
        archive.writestr(_member(RECORDS), lines)
        for record in kept:
            picture = io.BytesIO()
            values = load_picture(folder / str(record.picture))
            Image.fromarray(values).save(picture, format="webp", lossless=True, method=6)
            archive.writestr(_member(str(record.picture)), picture.getvalue())
    replace_file(path, content.getvalue())


def unpack(path: Path, folder: Path, plan: Plan, images: KeptImages) -> tuple[Record, ...]:
    """Puts an archive's pictures into a run's folder; returns their records.

    Args:
        path: the archive.
        folder: the run's.
        plan: what the base would have drawn for the run; the rest is passed over.
        images: which pictures the run keeps; without any no record is returned.

    Raises:
        ResultError: if the archive is gone or damaged.
        DiskFullError: if there is no room.
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
