"""One tiny world and one finished run of it, shared by the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.evaluation.tiny_run import TinyWorld, make_tiny_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> TinyWorld:
    """Models of random weights and an edit of them."""
    torch.set_num_threads(1)
    return make_tiny_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def finished(world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that nothing disturbed, in `run`, and the base's in `cache`."""
    runs = tmp_path_factory.mktemp("finished")
    world.evaluate(runs)
    return runs
