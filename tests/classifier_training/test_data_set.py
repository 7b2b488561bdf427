"""Every form of data set that is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from erasebench.classifier_training.data_set import NoExamplesError, open_data_set
from erasebench.classifier_training.datasets_download import fetch_data_set
from erasebench.classifier_training.labelling import LabelsError
from erasebench.concepts import CONCEPTS
from erasebench.hub.errors import HubOfflineError
from erasebench.imagenet import IMAGENET_1K, IMAGENETTE
from tests.classifier_training.conftest import imagenet_indices

INDICES = {"n03028079": 497, "n01440764": 0, "n02084071": -1}
"""Folder → index; the third is a class that is none of ours."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's cache lies in the test's folder."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_MODULES_CACHE", str(tmp_path / "modules"))


def write_folder(folder: Path, greys: dict[str, tuple[int, ...]]) -> Path:
    """One folder of grey pictures a label, called as photographs of ImageNet are."""
    for label, own in greys.items():
        (folder / label).mkdir(parents=True)
        for number, grey in enumerate(own):
            # The library would take the second of these for a validation split, and leave out
            # the first.
            name = f"{label}_{grey}.JPEG" if number % 2 else f"ILSVRC2012_val_{grey:08d}.JPEG"
            Image.new("L", (30, 20), grey).save(folder / label / name)
    return folder


GREYS = {"n03028079": (200, 210, 220), "n01440764": (10, 20), "n02084071": (100,)}


def write_parquet(path: Path, labels: list[int], names: list[str] | None = None) -> Path:
    """A parquet file of one grey picture a label."""
    feature = datasets.Value("int64") if names is None else datasets.ClassLabel(names=names)
    features = datasets.Features(image=datasets.Image(), label=feature)
    rows = {"image": [Image.new("L", (4, 4), 9 + at) for at in range(len(labels))], "label": labels}
    path.parent.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_dict(rows, features=features).to_parquet(path)
    return path


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """Whatever its files are called, each with the index of its folder's class."""
    data = open_data_set(str(write_folder(tmp_path / "data", GREYS)), "train")

    assert len(data) == 6
    greys = [int(np.asarray(data.image(row).convert("L"))[0, 0]) for row in range(6)]
    expected = {grey: INDICES[label] for label, own in GREYS.items() for grey in own}
    found = dict(zip(greys, imagenet_indices(data).tolist(), strict=True))
    assert found == expected


def test_a_folder_may_have_one_of_each_split(tmp_path: Path) -> None:
    """As an unpacked Imagenette has."""
    write_folder(tmp_path / "data" / "train", {"n03028079": (1, 2), "n01440764": (3,)})
    write_folder(tmp_path / "data" / "val", {"n03028079": (4,), "n01440764": (5,)})

    sizes = {s: len(open_data_set(str(tmp_path / "data"), s)) for s in ("train", "validation")}

    assert sizes == {"train": 3, "validation": 2}
    with pytest.raises(NoExamplesError, match=r"No test split .* there is train and validation"):
        open_data_set(str(tmp_path / "data"), "test")


def test_parquet_files_of_a_folder_are_of_the_split_that_they_name(tmp_path: Path) -> None:
    """As on the Hub; where none names one, all are to train on."""
    names = [one.wnid for one in IMAGENETTE]
    for at in range(2):
        write_parquet(tmp_path / "hub" / "data" / f"train-0000{at}-of-00002.parquet", [4, 0], names)
    write_parquet(tmp_path / "hub" / "data" / "validation-00000-of-00001.parquet", [0], names)
    write_parquet(tmp_path / "own" / "some.parquet", [4, 4, 4], names)

    train = open_data_set(str(tmp_path / "hub"), "train")
    validation = open_data_set(str(tmp_path / "hub"), "validation")
    own = open_data_set(str(tmp_path / "own"), "train")

    assert imagenet_indices(train).tolist() == [497, 0, 497, 0]
    assert imagenet_indices(validation).tolist() == [0]
    assert imagenet_indices(own).tolist() == [497] * 3


def test_bare_numbers_need_a_statement(tmp_path: Path) -> None:
    """And must be within it."""
    path = str(write_parquet(tmp_path / "bare.parquet", [0, 4, 9]))

    with pytest.raises(LabelsError, match="have no names"):
        open_data_set(path, "train")
    ten = open_data_set(path, "train", "imagenette")
    thousand = open_data_set(path, "train", "imagenet-1k")
    with pytest.raises(LabelsError, match="label 497, but imagenette ends at 9"):
        open_data_set(str(write_parquet(tmp_path / "k.parquet", [497])), "train", "imagenette")

    assert imagenet_indices(ten).tolist() == [0, 497, 701]
    assert imagenet_indices(thousand).tolist() == [0, -1, -1]


def test_what_holds_no_labelled_pictures_is_refused(tmp_path: Path) -> None:
    """No such folder, no pictures, no labels, and labels that are words."""
    (tmp_path / "empty").mkdir()
    table = tmp_path / "table.parquet"
    datasets.Dataset.from_dict({"words": ["a", "b"]}).to_parquet(table)
    words = tmp_path / "words.parquet"
    datasets.Dataset.from_dict({"image": ["a"], "label": ["church"]}).to_parquet(words)
    (tmp_path / "broken.parquet").write_bytes(b"no parquet")

    for data in ("empty", "nowhere", "broken.parquet", "absent.parquet", "a/b/c/d"):
        with pytest.raises(NoExamplesError, match="No train split"):
            open_data_set(str(tmp_path / data), "train")
    with pytest.raises(NoExamplesError, match="has the columns words"):
        open_data_set(str(table), "train")
    with pytest.raises(NoExamplesError, match="Its labels are of type"):
        open_data_set(str(words), "train")


def test_a_repository_needs_the_network_once() -> None:
    """The tests have none, and no copy is kept."""
    with pytest.raises(HubOfflineError, match="no downloaded data set of this name"):
        fetch_data_set(IMAGENET_1K)
    with pytest.raises(HubOfflineError, match="no downloaded data set at such a commit"):
        open_data_set(IMAGENET_1K, "train")


@pytest.mark.data
def test_photographs_of_imagenette_have_the_right_indices(photographs: Path) -> None:
    """All of them are read, and each class has its own folder's index."""
    data = open_data_set(str(photographs), "train")

    sizes = {folder.name: len(list(folder.iterdir())) for folder in photographs.iterdir()}
    found = imagenet_indices(data)
    assert len(data) == sum(sizes.values())
    for one in IMAGENETTE:
        assert (found == CONCEPTS[one.concept].imagenet_index).sum() == sizes[one.wnid] > 0


@pytest.mark.data
def test_parquet_of_imagenette_has_the_right_indices(photographs_parquet: Path) -> None:
    """Its ten numbers are those of the folders in order."""
    data = open_data_set(str(photographs_parquet), "train")

    expected = np.array([CONCEPTS[one.concept].imagenet_index for one in IMAGENETTE])
    assert (imagenet_indices(data) == expected[data.numbers]).all()
    assert set(data.numbers.tolist()) == set(range(10))
