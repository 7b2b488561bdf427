"""A tiny base, loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.pipeline import load_base
from erasebench.methods.erasure import Erasure
from erasebench.protocol import Protocol
from tests.tiny import tiny_pipeline_folder, tiny_protocol


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A protocol whose base exists; its judges do not."""
    world = tmp_path_factory.mktemp("world")
    tiny_pipeline_folder(world / "base")
    return tiny_protocol(world)


@pytest.fixture
def erasure(protocol: Protocol, tmp_path: Path) -> Callable[..., Erasure]:
    """Makes erasures of church, each with a pipeline of its own."""

    def make(seed: int = 0) -> Erasure:
        pipeline = load_base(protocol, torch.device("cpu"))
        return Erasure(protocol, pipeline, CONCEPTS["church"], seed, tmp_path / "progress")

    return make
