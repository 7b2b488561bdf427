"""A tiny pipeline with an edited set of weights beside its base."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from tests.tiny import tiny_world

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A tiny protocol whose models are written to a folder."""
    return tiny_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def pipeline(protocol: Protocol) -> LoadedPipeline:
    """The tiny base, and a submission that edits a few tensors of UNet and text encoder."""
    loaded = load_base(protocol, CPU)
    loaded.add_weights(SUBMISSION, edited_tensors(loaded))
    return loaded


@pytest.fixture(scope="session")
def noise(protocol: Protocol) -> NoiseSource:
    """The public streams of the tiny protocol."""
    return NoiseSource(protocol.name, PUBLIC_SEED_SET)


def edited_tensors(pipeline: LoadedPipeline) -> Mapping[str, torch.Tensor]:
    """Cross-attention values and the text encoder's last norm, disturbed."""
    generator = torch.Generator().manual_seed(5)
    return {
        name: tensor + 0.5 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in pipeline.weights(BASE).tensors().items()
        if "attn2.to_v" in name or "final_layer_norm" in name
    }
