"""What a latent classifier sees of noise."""

from __future__ import annotations

import torch

from erasebench.classifier_training.latent_views import drawn_timesteps, noised


def generator() -> torch.Generator:
    """Always the same."""
    return torch.Generator().manual_seed(0)


def test_timesteps_follow_the_cube_root() -> None:
    """Of floor(999·u^(1/3)) half lie under 999·0.5^(1/3) = 793, and 0.8 % under 200."""
    drawn = drawn_timesteps(100_000, 1_000, 3.0, generator())

    assert 0 <= drawn.min()
    assert drawn.max() <= 998
    assert abs((drawn < 793).double().mean() - 0.5) < 0.005
    assert abs((drawn < 200).double().mean() - (200 / 999) ** 3) < 0.001


def test_each_row_is_noised_to_its_own_level() -> None:
    """Signal and noise have the shares that ᾱ of the row's timestep gives them."""
    alphas = torch.tensor([1.0, 0.25, 0.0])
    clean = torch.full((3, 2, 100, 100), 4.0)

    seen = noised(clean.half(), alphas, torch.tensor([0, 1, 2]), generator())

    torch.testing.assert_close(seen[0], clean[0])
    torch.testing.assert_close(
        seen.mean(dim=(1, 2, 3)), torch.tensor([4.0, 2.0, 0.0]), atol=0.03, rtol=0
    )
    torch.testing.assert_close(
        seen.std(dim=(1, 2, 3)), torch.tensor([0.0, 0.75**0.5, 1.0]), atol=0.02, rtol=0
    )
