"""Tiny judges and a tiny CLIP, with pictures for them to look at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from erasebench.protocol import Protocol
from tests.tiny import tiny_judge_folder, tiny_protocol, tiny_scorer_folder, tiny_selector_folder

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def protocol(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """A tiny protocol whose three scoring models are written to a folder."""
    folder = tmp_path_factory.mktemp("world")
    tiny_judge_folder(folder / "judge")
    tiny_selector_folder(folder / "selector")
    tiny_scorer_folder(folder / "scorer")
    return tiny_protocol(folder)


@pytest.fixture(scope="session")
def pictures() -> npt.NDArray[np.uint8]:
    """Forty pictures, uint8 (40, 32, 32, 3), each of noise about a colour of its own."""
    generator = np.random.default_rng(0)
    colours = generator.integers(0, 256, (40, 1, 1, 3))
    noise = generator.normal(0, 40, (40, 32, 32, 3))
    return (colours + noise).clip(0, 255).astype(np.uint8)
