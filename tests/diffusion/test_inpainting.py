"""What inpainting keeps around the centre square."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from erasebench.diffusion.inpainting import InpaintingMask, masked_centre
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE, Inpainting, NoiseStream, Trajectory
from erasebench.protocol import Protocol

STREAM = NoiseStream("inpainting_start", 0)
FILLED = Trajectory("a church", BASE, STREAM, inpainting=Inpainting("kept", STREAM))
PLAIN = Trajectory("a church", BASE, STREAM)

Picture = npt.NDArray[np.uint8]


@pytest.fixture
def picture() -> Picture:
    """A picture of noise, uint8 (32, 32, 3)."""
    return np.random.default_rng(3).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def kept(
    pipeline: LoadedPipeline,
    protocol: Protocol,
    noise: NoiseSource,
    picture: Picture,
    alpha: float,
) -> torch.Tensor:
    """Zero latents of a plain and of an inpainting trajectory after their surroundings are back."""
    mask = InpaintingMask(pipeline, protocol.centre, noise, [PLAIN, FILLED], {"kept": picture})
    return mask.apply(torch.zeros(2, 4, 16, 16), alpha)


def test_the_square_is_grey_and_nothing_else_is(protocol: Protocol, picture: Picture) -> None:
    """Pixels 8 to 23 of both axes are masked, in a copy."""
    masked = masked_centre(picture, protocol.centre)

    changed = (masked != picture).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 23, 8, 23)
    assert np.all(masked[8:24, 8:24] == 128)


def test_only_inpainting_rows_are_touched_and_only_outside_the_square(
    pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource, picture: Picture
) -> None:
    """A plain trajectory keeps its latent; an inpainting one keeps its centre, cells 4 to 11."""
    plain, filled = kept(pipeline, protocol, noise, picture, 0.5)

    assert not plain.any()
    assert not filled[:, 4:12, 4:12].any()
    outside = filled.clone()
    outside[:, 4:12, 4:12] = 1
    assert outside.all()


def test_surroundings_are_the_source_at_the_level_asked_for(
    pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource, picture: Picture
) -> None:
    """Outside the square stands sqrt(ᾱ)·x0 + sqrt(1 − ᾱ)·z with the stream's z."""
    clean = pipeline.encode_pictures(masked_centre(picture, protocol.centre)[None])[0]
    fresh = noise.draw(STREAM, (4, 16, 16))

    _, filled = kept(pipeline, protocol, noise, picture, 0.36)

    expected = 0.6 * clean + 0.8 * fresh
    torch.testing.assert_close(filled[:, :4], expected[:, :4], rtol=0, atol=1e-5)
    torch.testing.assert_close(filled[:, :, 12:], expected[:, :, 12:], rtol=0, atol=1e-5)


def test_nothing_of_what_is_masked_reaches_the_surroundings(
    pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource, picture: Picture
) -> None:
    """Two sources that differ under the mask alone are one."""
    other = picture.copy()
    other[8:24, 8:24] = 255 - other[8:24, 8:24]

    first, second = (kept(pipeline, protocol, noise, one, 1.0) for one in (picture, other))

    assert torch.equal(first, second)


def test_a_source_that_was_not_given_is_an_error(
    pipeline: LoadedPipeline, protocol: Protocol, noise: NoiseSource
) -> None:
    """The missing key is named."""
    with pytest.raises(KeyError, match="kept"):
        InpaintingMask(pipeline, protocol.centre, noise, [FILLED], {})
