"""The latent classifiers that the authors released: read, and never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from erasebench.diffusion.released_classifier import ReleasedClassifierError, read_released

SHAPE = (2, 4, 4)


class Released(nn.Module):
    """The released network at toy size, by the names of its file."""

    def __init__(self) -> None:
        """Layers as there."""
        super().__init__()
        self.fc_x = nn.Linear(32, 1024)
        self.fc_t = nn.Linear(2, 1024)
        self.net = nn.Sequential(
            nn.SiLU(), nn.Dropout(0.3), nn.Linear(1024, 512), nn.SiLU(), nn.Dropout(0.3),
            nn.Linear(512, 1),
        )  # fmt: skip
        self.t_embed = nn.Module()
        self.t_embed.register_buffer("alphas_cumprod", torch.linspace(0.99, 0.01, 1000))

    def forward(self, latents: torch.Tensor, timesteps: torch.Tensor) -> torch.Tensor:
        """Logits."""
        alpha = self.t_embed.alphas_cumprod[timesteps]
        code = torch.stack([alpha**0.5, (1 - alpha) ** 0.5], 1)
        logits: torch.Tensor = self.net(self.fc_x(latents.flatten(1)) + self.fc_t(code))
        return logits.squeeze(1)


@pytest.fixture
def released() -> Released:
    """Random weights, without dropout."""
    return Released().eval()


def saved(path: Path, released: nn.Module, **others: Any) -> Path:
    """A file as it was released."""
    state = {"epoch": 4, "model_state_dict": released.state_dict(), **others}
    torch.save(state, path)
    return path


def test_a_converted_classifier_answers_as_the_released_one(
    released: Released, tmp_path: Path
) -> None:
    """The same latents at the same timesteps have the same logits."""
    converted = read_released(saved(tmp_path / "church.pt", released), SHAPE)
    latents = torch.randn((6, *SHAPE), generator=torch.Generator().manual_seed(0))
    timesteps = torch.tensor([0, 1, 300, 500, 800, 999])

    torch.testing.assert_close(converted(latents, timesteps), released(latents, timesteps))


def test_figures_beside_the_weights_do_no_harm(released: Released, tmp_path: Path) -> None:
    """Numbers of numpy and the optimiser's state are read over."""
    optimiser = torch.optim.AdamW(released.parameters()).state_dict()
    path = saved(
        tmp_path / "church.pt",
        released,
        optimizer_state_dict=optimiser,
        roc_auc=np.float64(0.83),
        val_loss=np.float32(0.8),
    )

    assert read_released(path, SHAPE).latent_shape == SHAPE


class Trap:
    """What a pickle can hold."""

    def __init__(self, sprung: Path) -> None:
        """Remembers what it would write."""
        self.sprung = sprung

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.sprung,)


def test_a_file_that_holds_code_is_refused_and_not_run(released: Released, tmp_path: Path) -> None:
    """Only tensors and numbers are read, whatever else stands beside them."""
    path = saved(tmp_path / "church.pt", released, trap=Trap(tmp_path / "sprung"))

    with pytest.raises(ReleasedClassifierError, match="tensors and numbers alone"):
        read_released(path, SHAPE)
    assert not (tmp_path / "sprung").exists()


def test_files_that_hold_something_else_are_refused(released: Released, tmp_path: Path) -> None:
    """No weights, other weights, no file, and no pickle."""
    path = tmp_path / "x.pt"
    torch.save({"weights": released.state_dict()}, path)
    with pytest.raises(ReleasedClassifierError, match="holds no model_state_dict"):
        read_released(path, SHAPE)

    saved(path, released)
    with pytest.raises(ReleasedClassifierError, match=r"not \{'alphas'"):
        read_released(path, (2, 4, 5))

    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ReleasedClassifierError, match="tensors and numbers alone"):
        read_released(path, SHAPE)
    with pytest.raises(ReleasedClassifierError, match="No such file"):
        read_released(tmp_path / "none.pt", SHAPE)
