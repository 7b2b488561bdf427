"""Photographed examples: every form of data set that is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from erasebench.classifier_training.examples import Examples, examples_digest
from erasebench.classifier_training.photographed import NoExamplesError, PhotographedExamples
from erasebench.concepts import CONCEPTS
from erasebench.errors import UnknownNameError

CHURCH = CONCEPTS["church"]
GREYS = {"church": (200, 210, 220), "tench": (10, 20, 30, 40, 50)}
"""Every picture is of one grey, which tells what it is."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's cache lies in the test's folder, and its bars are off."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_MODULES_CACHE", str(tmp_path / "modules"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One folder of pictures a label, none of them square."""
    for label, greys in GREYS.items():
        (tmp_path / "data" / label).mkdir(parents=True)
        for grey in greys:
            Image.new("L", (30, 20), grey).save(tmp_path / "data" / label / f"{grey}.png")
    return tmp_path / "data"


@pytest.fixture
def parquet(folder: Path) -> Path:
    """The same pictures in one file."""
    path = folder.parent / "train.parquet"
    datasets.load_dataset(str(folder), split="train").to_parquet(path)
    return path


def greys_of(examples: PhotographedExamples) -> list[int]:
    """The grey of every picture."""
    pictures = [examples.picture(i) for i in range(examples.positives + examples.negatives)]
    assert {picture.shape for picture in pictures} == {(16, 16, 3)}
    assert {np.ptp(picture) for picture in pictures} == {0}
    return [int(picture[0, 0, 0]) for picture in pictures]


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_all_positives_come_first_and_a_sample_of_the_rest(
    form: str, request: pytest.FixtureRequest
) -> None:
    """Squashed to the base's size, whether they lie in folders or in a parquet file."""
    data = str(request.getfixturevalue(form))
    examples = PhotographedExamples(CHURCH, 16, data, "train", negatives=3)
    greys = greys_of(examples)

    assert isinstance(examples, Examples)
    assert (examples.positives, examples.negatives) == (3, 3)
    assert set(greys[:3]) == set(GREYS["church"])
    assert len(set(greys[3:]) & set(GREYS["tench"])) == 3


def test_the_sample_is_always_the_same(folder: Path) -> None:
    """Another object on the same data gives the same pictures and digest."""
    first, second = (
        PhotographedExamples(CHURCH, 16, str(folder), "train", negatives=3) for _ in range(2)
    )

    assert greys_of(first) == greys_of(second)
    assert examples_digest(first) == examples_digest(second)


def test_a_label_may_have_another_name(folder: Path) -> None:
    """As the numbers of ImageNet's folders do."""
    examples = PhotographedExamples(CHURCH, 16, str(folder), "train", label="tench")

    assert (examples.positives, examples.negatives) == (5, 3)
    assert examples.recipe["label"] == "tench"


def test_a_label_that_is_not_there_is_refused(folder: Path) -> None:
    """With the nearest that is."""
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        PhotographedExamples(CHURCH, 16, str(folder), "train", label="chruch")


def test_a_thousand_labels_are_those_of_imagenet(tmp_path: Path) -> None:
    """The index counts, never the words."""
    names = [f"class {index}" for index in range(1000)]
    features = datasets.Features(image=datasets.Image(), label=datasets.ClassLabel(names=names))
    pictures = [Image.new("L", (4, 4), grey) for grey in (200, 10, 20)]
    rows = {"image": pictures, "label": [497, 0, 498]}
    path = tmp_path / "imagenet.parquet"
    datasets.Dataset.from_dict(rows, features=features).to_parquet(path)

    examples = PhotographedExamples(CHURCH, 16, str(path), "train")

    assert greys_of(examples)[0] == 200
    assert examples.recipe["label"] == "class 497"


def test_what_holds_no_labelled_pictures_is_refused(folder: Path, tmp_path: Path) -> None:
    """No such folder, no such split, no labels, and a label without pictures."""
    (tmp_path / "empty").mkdir()
    table = tmp_path / "table.parquet"
    datasets.Dataset.from_dict({"words": ["a", "b"]}).to_parquet(table)

    with pytest.raises(NoExamplesError, match="No train split"):
        PhotographedExamples(CHURCH, 16, str(tmp_path / "empty"), "train")
    with pytest.raises(NoExamplesError, match="No test split"):
        PhotographedExamples(CHURCH, 16, str(folder), "test")
    with pytest.raises(NoExamplesError, match="Its columns are words"):
        PhotographedExamples(CHURCH, 16, str(table), "train")
    with pytest.raises(NoExamplesError, match="3 are not"):
        PhotographedExamples(CHURCH, 16, str(_without_churches(tmp_path)), "train")


def _without_churches(tmp_path: Path) -> Path:
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=["church", "tench"])
    )
    rows = {"image": [Image.new("L", (4, 4), 9)] * 3, "label": [1, 1, 1]}
    path = tmp_path / "tench.parquet"
    datasets.Dataset.from_dict(rows, features=features).to_parquet(path)
    return path
