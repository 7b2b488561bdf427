"""Data sets of labelled photographs: local folders and files, or copies from the Hub."""

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
"""The split that latent classifiers are trained on."""

SPLITS: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "val"),
    "test": ("test",),
}
"""Split → names of its folder or parquet files."""

FORMS = (
    "Give a folder with one subfolder of images per label, parquet files, or a repository on the "
    "Hub as OWNER/NAME@REVISION."
)


class NoExamplesError(ErasebenchError):
    """An unsuitable data set; the message says what is needed."""


class DataSet:
    """One split of a data set of labelled photographs.

    Attributes:
        name: as given by the user.
        split: the split.
        labelling: meaning of the label numbers.
        numbers: label number of each image, int64 (N,).
    """

    def __init__(self, name: str, split: str, rows: Dataset, labelling: Labelling) -> None:
        """Takes rows that `open_data_set` has checked."""
        self.name = name
        self.split = split
        self.labelling = labelling
        self.numbers: npt.NDArray[np.int64] = np.asarray(rows["label"][:], np.int64)
        self._rows = rows

    def __len__(self) -> int:
        """Number of images."""
        return len(self.numbers)

    def image(self, row: int) -> Image.Image:
        """Decodes a photograph."""
        return cast("Image.Image", self._rows[row]["image"])


def open_data_set(data: str, split: str, numbering: Numbering | None = None) -> DataSet:
    """Opens a data set without decoding images and without network.

    Args:
        data: a folder with one subfolder of images per label, or with one such folder per split; a
            folder of parquet files; one parquet file; or a downloaded repository of the Hub, as
            `owner/name@commit` (see `fetch_data_set`).
        split: of the data set. A folder or file without a split's name is `train`.
        numbering: numbering of the labels; None to use their names.

    Raises:
        NoExamplesError: if there is no such data set or split, or it lacks images or labels.
        LabelsError: if the meaning of the labels is unclear.
        HubOfflineError: if it is on the Hub and was not downloaded at this commit.
    """
    rows = _loaded(data, split)
    if not {"image", "label"} <= set(rows.features):
        raise NoExamplesError(
            f"{data}: It has the columns {', '.join(rows.features)}; `image` and `label` are "
            "needed."
        )
    feature = rows.features["label"]
    if isinstance(feature, ClassLabel):
        names: tuple[str, ...] | None = tuple(feature.names)
    elif isinstance(feature, Value) and feature.dtype.removeprefix("u").startswith("int"):
        names = None
    else:
        raise NoExamplesError(
            f"{data}: Its labels are of type {feature}. Numbers are needed, with names or with "
            "--labels to state their numbering."
        )
    found = DataSet(data, split, rows, labelling_of(data, names, numbering))
    if (most := found.numbers.max(initial=0)) >= found.labelling.count:
        raise LabelsError(
            f"{data}: It has label {most}, but {numbering} ends at {found.labelling.count - 1}. "
            "State another numbering with --labels."
        )
    return found


def _loaded(data: str, split: str) -> Dataset:
    """A split of a data set, with encoded images."""
    path = Path(data)
    try:
        if data.endswith(".parquet"):
            return _parquet(split, {_named(path) or "train": [path]})
        if path.is_dir():
            return _folder(path, split)
        return _repository(data, split)
    # Raised by the library if there is no such data set or split.
    except (OSError, ValueError, DatasetsError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise NoExamplesError(
            f"{data}: No {split} split of labelled images was found: {reason}. {FORMS}"
        ) from error


def _folder(folder: Path, split: str) -> Dataset:
    """A split of a folder.

    The split is resolved here, since the library would treat a photograph named `…_val_…` as part
    of a validation split and leave out the others.
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
            # Every file below a subfolder; the innermost folder gives the label.
            data_files={split: "*/**"},
            split=split,
            drop_labels=False,
        ),
    )


def _part(folder: Path, split: str) -> Path | None:
    """The subfolder of a split; None if there is none."""
    return next((folder / name for name in SPLITS[split] if (folder / name).is_dir()), None)


def _named(file: Path) -> str | None:
    """The split at the start of a parquet file's name, e.g. `train-00000-of-00294`."""
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
    """A split of a downloaded data set."""
    address = address_of(data)
    if address is None:
        raise ValueError("no such local folder or file")
    found = None if address.revision is None else open_kept(address.repo, address.revision, split)
    if found is None:
        raise HubOfflineError(
            data,
            "No such local folder or file, and no downloaded data set at such a commit. Download "
            "it first; that of a protocol with `erasebench fetch --protocol NAME --photographs`.",
        )
    return found


def address_of(data: str) -> Address | None:
    """Address of a data set on the Hub; None if it can only be local."""
    if data.endswith(".parquet") or Path(data).is_dir() or not is_address(data):
        return None
    address = parse_address(data)
    return address if address.path is None else None
