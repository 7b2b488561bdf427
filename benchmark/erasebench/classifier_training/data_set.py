"""Data sets of labelled photographs: where they lie, and what their labels stand for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt
from datasets import ClassLabel, Dataset, Value, load_dataset
from datasets.exceptions import DatasetsError
from PIL import Image

from erasebench.classifier_training.datasets_cache import open_kept
from erasebench.classifier_training.labelling import Labelling, LabelsError, labelling_of
from erasebench.errors import ErasebenchError
from erasebench.hub.address import Address, is_address, parse_address
from erasebench.hub.errors import HubOfflineError
from erasebench.imagenet import Numbering

TRAINING: Final = "train"
"""The split that latent classifiers learn from."""

SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "val"),
    "test": ("test",),
}
"""Split → what its folder or its parquet files are called."""

FORMS = (
    "Give a folder with one folder of pictures a label, parquet files, or a repository on the Hub "
    "as OWNER/NAME@REVISION."
)


class NoExamplesError(ErasebenchError):
    """A data set that does not serve; the message says what is needed."""


class DataSet:
    """One split of a data set of labelled photographs.

    Attributes:
        name: as it was given.
        split: the split.
        labelling: what the labels' numbers stand for.
        numbers: the number of each picture's label, int64 (N,).
    """

    def __init__(self, name: str, split: str, rows: Dataset, labelling: Labelling) -> None:
        """Takes rows that have been checked; `open_data_set` does."""
        self.name = name
        self.split = split
        self.labelling = labelling
        self.numbers: npt.NDArray[np.int64] = np.asarray(rows["label"][:], np.int64)
        self._rows = rows

    def __len__(self) -> int:
        """Pictures of the split."""
        return len(self.numbers)

    def imagenet_indices(self) -> npt.NDArray[np.int64]:
        """The index in ImageNet-1k of each picture's class; −1 where that is none of our concepts.

        Returns:
            int64 (N,).
        """
        indices = np.full(len(self), -1, np.int64)
        for index, number in self.labelling.numbers.items():
            indices[self.numbers == number] = index
        return indices

    def image(self, row: int) -> Image.Image:
        """A photograph, decoded."""
        return cast("Image.Image", self._rows[row]["image"])


def open_data_set(data: str, split: str, numbering: Numbering | None = None) -> DataSet:
    """Finds a data set's pictures and labels; no picture is decoded, and the Hub is not asked.

    Args:
        data: a folder with one folder of pictures a label, or with one such folder a split; a
            folder of parquet files; one parquet file; or a repository on the Hub that was fetched,
            as `owner/name@commit`; see `fetch_data_set`.
        split: of the data set. A folder or file that names no split is `train`.
        numbering: what the labels' numbers count; None for what their names say.

    Raises:
        NoExamplesError: if there is no such data set or split, or it lacks pictures or labels.
        LabelsError: if it is not clear what the labels stand for.
        HubOfflineError: if it is on the Hub, and no copy of its commit is kept.
    """
    rows = _loaded(data, split)
    if not {"image", "label"} <= set(rows.features):
        raise NoExamplesError(
            f"{data}: Its columns are {', '.join(rows.features)}; `image` and `label` are needed."
        )
    feature = rows.features["label"]
    if isinstance(feature, ClassLabel):
        names: tuple[str, ...] | None = tuple(feature.names)
    elif isinstance(feature, Value) and feature.dtype.removeprefix("u").startswith("int"):
        names = None
    else:
        raise NoExamplesError(
            f"{data}: Its labels are of the kind {feature}; numbers are needed, with their names "
            "or with --labels to say what they count."
        )
    found = DataSet(data, split, rows, labelling_of(data, names, numbering))
    if (most := found.numbers.max(initial=0)) >= found.labelling.count:
        raise LabelsError(
            f"{data}: It has a label {most}, and {numbering} ends at {found.labelling.count - 1}. "
            "Give --labels what its numbers count."
        )
    return found


def _loaded(data: str, split: str) -> Dataset:
    """The split of a data set, its pictures still encoded."""
    path = Path(data)
    try:
        if data.endswith(".parquet"):
            return _parquet(split, {_named(path) or "train": [path]})
        if path.is_dir():
            return _folder(path, split)
        return _repository(data, split)
    # What the library answers where there is no such data set, or no such split of it.
    except (OSError, ValueError, DatasetsError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise NoExamplesError(
            f"{data}: No {split} split of labelled pictures was found: {reason}. {FORMS}"
        ) from error


def _folder(folder: Path, split: str) -> Dataset:
    """A folder's split. The library would sort its files by what their own names contain.

    It takes a photograph called `…_val_…` for one of a validation split, and leaves out the others.
    """
    files: dict[str, list[Path]] = {}
    for file in sorted(folder.rglob("*.parquet")):
        files.setdefault(_named(file) or "train", []).append(file)
    if files:
        return _parquet(split, files)
    parts = {name: own for name in SPLITS if (own := _part(folder, name))} or {"train": folder}
    if split not in parts:
        raise ValueError(f"there is {' and '.join(parts)}")
    return cast(
        "Dataset",
        load_dataset(
            "imagefolder",
            data_dir=str(parts[split]),
            # Every file below a folder, of which the last gives the label.
            data_files={split: "*/**"},
            split=split,
            drop_labels=False,
        ),
    )


def _part(folder: Path, split: str) -> Path | None:
    """The folder of a split inside a data set's; None where there is none."""
    return next((folder / name for name in SPLITS[split] if (folder / name).is_dir()), None)


def _named(file: Path) -> str | None:
    """The split that a parquet file's name begins with, as `train-00000-of-00294` does."""
    word = file.stem.replace("_", "-").partition("-")[0]
    return next((split for split, names in SPLITS.items() if word in names), None)


def _parquet(split: str, files: Mapping[str, list[Path]]) -> Dataset:
    if split not in files:
        raise ValueError(f"there is {' and '.join(files)}")
    found = load_dataset(
        "parquet", data_files={split: [str(file) for file in files[split]]}, split=split
    )
    return cast("Dataset", found)


def _repository(data: str, split: str) -> Dataset:
    """A split of the copy that is kept of a data set on the Hub."""
    address = address_of(data)
    if address is None:
        raise ValueError("there is no such folder or file here")
    found = None if address.revision is None else open_kept(address.repo, address.revision, split)
    if found is None:
        raise HubOfflineError(
            data,
            "There is no such folder or file here, and no copy of such a commit of a data set on "
            "the Hub is kept. The Hub is not asked for it at this point: fetch it first, what a "
            "protocol names with `erasebench fetch --protocol NAME --photographs`.",
        )
    return found


def address_of(data: str) -> Address | None:
    """Where a data set lies on the Hub; None where it can only lie on this machine."""
    if data.endswith(".parquet") or Path(data).is_dir() or not is_address(data):
        return None
    address = parse_address(data)
    return address if address.path is None else None
