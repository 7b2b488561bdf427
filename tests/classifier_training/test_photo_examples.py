"""Photographed examples: which pictures of a data set are taken, and as what."""

from __future__ import annotations

from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from erasebench.classifier_training.data_set import DataSet, NoExamplesError, open_data_set
from erasebench.classifier_training.examples import Examples, examples_digest
from erasebench.classifier_training.photo_examples import photographed_examples
from erasebench.concepts import CONCEPTS
from erasebench.errors import UnknownNameError

CHURCH = CONCEPTS["church"]
GREYS = {"church": (200, 210, 220), "tench": (10, 20, 30, 40, 50)}
"""Every picture is of one grey, which tells what it is."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """One folder of pictures a label, none of them square."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for label, greys in GREYS.items():
        (tmp_path / "data" / label).mkdir(parents=True)
        for grey in greys:
            Image.new("L", (30, 20), grey).save(tmp_path / "data" / label / f"{grey}.png")
    return open_data_set(str(tmp_path / "data"), "train")


def greys_of(examples: Examples) -> list[int]:
    """The grey of every picture."""
    pictures = [examples.picture(i) for i in range(examples.positives + examples.negatives)]
    assert {picture.shape for picture in pictures} == {(16, 16, 3)}
    assert {np.ptp(picture) for picture in pictures} == {0}
    return [int(picture[0, 0, 0]) for picture in pictures]


def test_all_positives_come_first_and_a_sample_of_the_rest(data: DataSet) -> None:
    """Squashed to the base's size."""
    examples = photographed_examples(CHURCH, 16, data, negatives=3)
    greys = greys_of(examples)

    assert (examples.positives, examples.negatives) == (3, 3)
    assert set(greys[:3]) == set(GREYS["church"])
    assert len(set(greys[3:]) & set(GREYS["tench"])) == 3


def test_the_sample_is_always_the_same(data: DataSet) -> None:
    """Another object on the same data gives the same pictures and digest."""
    first, second = (photographed_examples(CHURCH, 16, data, negatives=3) for _ in range(2))

    assert greys_of(first) == greys_of(second)
    assert examples_digest(first) == examples_digest(second)


def test_a_label_may_be_named(data: DataSet) -> None:
    """Instead of the one that stands for the concept."""
    examples = photographed_examples(CHURCH, 16, data, label="tench")

    assert (examples.positives, examples.negatives) == (5, 3)
    assert examples.recipe["label"] == "tench"


def test_a_label_that_is_not_there_is_refused(data: DataSet) -> None:
    """With the nearest that is; so is a concept that the data set has no label for."""
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        photographed_examples(CHURCH, 16, data, label="chruch")
    with pytest.raises(UnknownNameError, match="Unknown label 'airliner'"):
        photographed_examples(CONCEPTS["airliner"], 16, data)


def test_a_split_without_the_concept_is_refused(tmp_path: Path) -> None:
    """And one that shows nothing else would be as well."""
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=["church", "tench"])
    )
    rows = {"image": [Image.new("L", (4, 4), 9)] * 3, "label": [1, 1, 1]}
    path = tmp_path / "tench.parquet"
    datasets.Dataset.from_dict(rows, features=features).to_parquet(path)

    with pytest.raises(NoExamplesError, match="0 images are labelled 'church' and 3 are not"):
        photographed_examples(CHURCH, 16, open_data_set(str(path), "train"))
