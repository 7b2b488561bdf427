"""Disturbed pictures that stay recognisable, and garbled ones that do not."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from pictogram_training.augment import (
    blur,
    centre_crop,
    jitter_softly,
    move_and_zoom,
    reframe,
    sometimes,
    wear,
)
from pictogram_training.garble import EMPTY, GARBLED, mosaic, shuffle_patches


def seeded(seed: int = 0) -> torch.Generator:
    """A generator of one seed."""
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images() -> torch.Tensor:
    """Twelve random pictures, float32 (12, 3, 64, 64) in [0, 1]."""
    return torch.rand(12, 3, 64, 64, generator=seeded(1))


@pytest.mark.parametrize("disturb", [jitter_softly, reframe, wear, *EMPTY, *dict.fromkeys(GARBLED)])
def test_range_shape_and_seed(images: torch.Tensor, disturb: object) -> None:
    """Each keeps shape and range, leaves its input alone, and depends on its generator alone."""
    before = images.clone()

    first, again, other = (disturb(images, seeded(seed)) for seed in (2, 2, 3))

    assert first.shape == images.shape
    assert first.min() >= 0
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(images, before)


def test_centre_crop_is_what_inpainting_judges(images: torch.Tensor) -> None:
    """It is pixels 16 to 47 along both axes, resized back to 64 bilinearly."""
    expected = interpolate(images[..., 16:48, 16:48], (64, 64), mode="bilinear")

    assert torch.equal(expected, centre_crop(images))


def test_window_of_the_whole_mirrors_or_keeps(images: torch.Tensor) -> None:
    """At zoom 1 and no shift a picture comes back as it was, or mirrored; both occur."""
    moved = move_and_zoom(images, (1, 1), 0, seeded())
    kept = [torch.allclose(a, b, atol=1e-5) for a, b in zip(moved, images, strict=True)]
    turned = [torch.allclose(a.flip(-1), b, atol=1e-5) for a, b in zip(moved, images, strict=True)]

    assert all(k != t for k, t in zip(kept, turned, strict=True))
    assert any(kept)
    assert any(turned)


def test_blur_keeps_flat_colour_and_spreads_a_point() -> None:
    """A flat picture does not change; a point keeps its sum and its spread is the deviation."""
    point = torch.zeros(1, 3, 33, 33)
    point[..., 16, 16] = 1

    spread = blur(point, 2.0)[0, 0].sum(0)
    at = torch.arange(33.0) - 16

    torch.testing.assert_close(blur(torch.full((1, 3, 33, 33), 0.3), 2.0).mean(), torch.tensor(0.3))
    assert spread.sum().item() == pytest.approx(1, abs=1e-5)
    # Cut off at 2.5 deviations, a Gaussian's variance is a little under 4.
    assert (spread * at**2).sum().item() == pytest.approx(3.8, abs=0.25)


@pytest.mark.parametrize(("share", "changed"), [(0.0, 0), (1.0, 12)])
def test_share_of_disturbed_pictures(images: torch.Tensor, share: float, changed: int) -> None:
    """None is disturbed at share 0, all at share 1."""
    result = sometimes(images, share, seeded(), lambda some: some * 0)

    assert changed == sum(not picture.any() for picture in result)


def test_shuffling_moves_whole_patches(images: torch.Tensor) -> None:
    """Each of the sixteen patches is found once again, at another place for most."""
    shuffled = shuffle_patches(images, seeded())

    def patches(batch: torch.Tensor) -> torch.Tensor:
        return batch.unfold(2, 16, 16).unfold(3, 16, 16).permute(0, 2, 3, 1, 4, 5).flatten(1, 2)

    for old, new in zip(patches(images), patches(shuffled), strict=True):
        same = (old[:, None] == new[None]).flatten(2).all(2)
        assert same.sum(0).tolist() == same.sum(1).tolist() == [1] * 16
        assert same.diagonal().sum() < 8


def test_mosaic_keeps_quarters_in_their_place(images: torch.Tensor) -> None:
    """Every quarter is the same quarter of some picture."""
    made = mosaic(images, seeded())

    for rows in (slice(0, 32), slice(32, 64)):
        for columns in (slice(0, 32), slice(32, 64)):
            quarters = images[:, None, :, rows, columns] == made[None, :, :, rows, columns]
            assert quarters.flatten(2).all(2).sum(0).tolist() == [1] * 12
