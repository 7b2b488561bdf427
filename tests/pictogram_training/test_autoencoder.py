"""The VAE and the encoded set."""

from __future__ import annotations

import pytest
import torch

from pictogram_training.autoencoder import encode, load_vae
from pictogram_training.draw import read_drawn
from pictogram_training.latents import read_latents
from pictogram_training.pixels import to_unit
from pictogram_training.run import Run
from tests.pictogram_training.conftest import TINY


def test_scaling_makes_the_spread_one(finished: Run) -> None:
    """Mean latents of the measured pictures, scaled by the factor in the config, have std 1."""
    vae = load_vae(finished.folder("vae"), TINY.vae, 64)
    pictures = to_unit(read_drawn(finished.folder("draw")).pictures, torch.device("cpu"))

    scaled = encode(vae, pictures, None) * vae.config.scaling_factor

    assert scaled.std().item() == pytest.approx(1, abs=1e-4)


def test_encoded_set_holds_each_picture_s_latent(finished: Run) -> None:
    """Row i is near the scaled mean latent of picture i, as far as its posterior is narrow."""
    vae = load_vae(finished.folder("vae"), TINY.vae, 64)
    drawn = read_drawn(finished.folder("draw"))
    latents = read_latents(finished.folder("latents"))
    picture = to_unit(drawn.pictures[30:31], torch.device("cpu"))
    posterior = vae.encode(picture * 2 - 1).latent_dist

    stored = torch.from_numpy(latents[30:31].copy()).float() / vae.config.scaling_factor
    standard = (stored - posterior.mean) / posterior.std

    assert latents.shape == (48, 4, 16, 16)
    assert standard.mean().item() == pytest.approx(0, abs=0.1)
    assert standard.std().item() == pytest.approx(1, abs=0.1)


def test_sampling_batch_by_batch_is_seeded(finished: Run) -> None:
    """The same generator gives the same latents; another gives others."""
    vae = load_vae(finished.folder("vae"), TINY.vae, 64)
    pictures = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))

    first, again, other = (
        encode(vae, pictures, torch.Generator().manual_seed(seed), batch=2) for seed in (1, 1, 2)
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)
