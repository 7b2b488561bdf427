"""The one way in which networks see pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from erasebench.protocol import CentreSquare, PixelInput
from erasebench.scoring.pixels import crop, to_input
from tests.scoring.conftest import CPU

LEVELS = PixelInput(32, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""A network that sees levels in [0, 1] as they are."""


def test_levels_are_normalised_by_channel() -> None:
    """(value − mean) / deviation of each channel, by hand."""
    picture = np.full((1, 2, 2, 3), (0, 51, 255), np.uint8)
    pixels = PixelInput(2, (0.5, 0.1, 0.4), (0.5, 0.2, 0.3))

    channels = to_input(picture, pixels, CPU)[0].flatten(1)

    assert channels.shape == (3, 4)
    expected = torch.tensor([-1.0, 0.5, 2.0])
    torch.testing.assert_close(channels, expected.view(3, 1).expand(3, 4), rtol=0, atol=1e-6)


def test_a_picture_of_the_right_size_keeps_its_levels(pictures: npt.NDArray[np.uint8]) -> None:
    """Without a resize every level comes back to the bit."""
    levels = to_input(pictures, LEVELS, CPU)

    assert levels.dtype == torch.float32
    back = (levels * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(back, pictures)


@pytest.mark.parametrize("size", [9, 24, 31, 48, 224])
def test_the_resize_is_pillows(pictures: npt.NDArray[np.uint8], size: int) -> None:
    """Smaller or larger, the antialiased bilinear resize is that of Pillow, but not rounded."""
    picture = pictures[0]
    # Pillow rounds to 8 bits after each axis.
    rounding = 1.01 / 255

    expected = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))
    actual = to_input(picture[None], PixelInput(size, *_unchanged()), CPU)[0].permute(1, 2, 0)

    np.testing.assert_allclose(actual.numpy(), expected / 255, rtol=0, atol=rounding)


def test_the_crop_is_the_centre_square() -> None:
    """Half-open ranges: pixels 8 to 23 of both axes."""
    picture = np.zeros((2, 32, 32, 3), np.uint8)
    picture[:, 8:24, 8:24] = 9

    seen = crop(picture, CentreSquare(pixels=(8, 24), grey=128, vae_factor=2))

    assert seen.shape == (2, 16, 16, 3)
    assert np.all(seen == 9)


def _unchanged() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    return LEVELS.mean, LEVELS.deviation
