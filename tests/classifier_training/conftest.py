"""A tiny base, and a handful of drawings to learn from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from erasebench.classifier_training.data_set import DataSet
from erasebench.classifier_training.examples import Examples, Picture, drawn_examples
from erasebench.concepts import CONCEPTS
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.protocol import Protocol
from erasebench.recipes import ClassifierRecipe
from tests.tiny import tiny_pipeline_folder, tiny_protocol

BRIEF: ClassifierRecipe = ClassifierRecipe(batch=8, views=2, validation_share=0.25, epochs=3)
"""A training of a second."""


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A protocol whose base exists; its judges do not."""
    world = tmp_path_factory.mktemp("world")
    tiny_pipeline_folder(world / "base")
    return tiny_protocol(world)


@pytest.fixture(scope="session")
def pipeline(protocol: Protocol) -> LoadedPipeline:
    """The tiny base."""
    return load_base(protocol, torch.device("cpu"))


@pytest.fixture
def examples(protocol: Protocol) -> Examples:
    """Eight churches and twenty-four other drawings."""
    return drawn_examples(CONCEPTS["church"], protocol.image_size, 8, 24)


def interrupted(examples: Examples, pictures: int) -> Examples:
    """Examples that end the process's work when a picture too many is asked for."""
    left = iter(range(pictures))

    def picture(index: int) -> Picture:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return examples.picture(index)

    return replace(examples, picture=picture)


def imagenet_indices(data: DataSet) -> npt.NDArray[np.int64]:
    """The index in ImageNet-1k of each image's class; −1 if it is no concept. int64 (N,)."""
    indices = np.full(len(data), -1, np.int64)
    for index, number in data.labelling.numbers.items():
        indices[data.numbers == number] = index
    return indices


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
