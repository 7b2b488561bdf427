"""A tiny pipeline with an edited set of weights beside its base, and pictures of nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from tests.tiny import IMAGE_SIZE, tiny_pipeline_folder, tiny_protocol

TABLE = "text_encoder.embeddings.token_embedding.weight"


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A protocol whose base exists; its judges do not."""
    world = tmp_path_factory.mktemp("world")
    tiny_pipeline_folder(world / "base")
    return tiny_protocol(world)


@pytest.fixture
def pipeline(protocol: Protocol) -> LoadedPipeline:
    """The tiny base, and a submission whose token embedding is three times as long."""
    loaded = load_base(protocol, torch.device("cpu"))
    loaded.add_weights(SUBMISSION, {TABLE: 3 * loaded.weights(BASE).tensors()[TABLE]})
    return loaded


@pytest.fixture(scope="session")
def noise(protocol: Protocol) -> NoiseSource:
    """The public streams of the tiny protocol."""
    return NoiseSource(protocol.name, PUBLIC_SEED_SET)


@pytest.fixture(scope="session")
def pictures() -> npt.NDArray[np.uint8]:
    """Six pictures of a bright field, each its own."""
    drawn = np.random.default_rng(0).integers(150, 256, (6, IMAGE_SIZE, IMAGE_SIZE, 3))
    return drawn.astype(np.uint8)
