"""The bundled base in the loop: what tiny random weights cannot show."""

from __future__ import annotations

import pytest
import torch

from erasebench.diffusion.device import device_named, rows_per_call
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.protocol import PICTOGRAM_V1, PUBLIC_SEED_SET
from tests.agreement import LATENTS


@pytest.fixture(scope="module")
def bundled() -> LoadedPipeline:
    """The base of `pictogram-v1`."""
    return load_base(PICTOGRAM_V1, device_named("cpu"))


def test_the_protocols_sizes_are_the_bases(bundled: LoadedPipeline) -> None:
    """Picture size and centre square fit the base, and a cell is a square of whole pixels."""
    factor = bundled.image_size // bundled.latent_shape[1]

    assert bundled.image_size == PICTOGRAM_V1.image_size
    assert PICTOGRAM_V1.centre.pixels == tuple(factor * cell for cell in PICTOGRAM_V1.centre.cells)


@pytest.mark.slow
def test_latents_agree_between_batches_of_one_and_of_sixty_four(bundled: LoadedPipeline) -> None:
    """Over all 25 steps, latents drawn alone are those drawn in a full batch, to rounding."""
    noise = NoiseSource(PICTOGRAM_V1.name, PUBLIC_SEED_SET)
    size = rows_per_call(bundled.device, bundled.latent_shape)
    names = PICTOGRAM_V1.concepts
    trajectories = [
        Trajectory(
            prompt=PICTOGRAM_V1.concept(names[index % len(names)]).prompt,
            weights=BASE,
            start=NoiseStream("start", index),
            step_noise=NoiseStream("step", index, 0),
            eta=1.2,
            noise_scale=1.04,
        )
        for index in range(size)
    ]
    together = sample(bundled, PICTOGRAM_V1, noise, trajectories, {}).latents

    assert size == 64
    for row in range(0, size, 16):
        alone = sample(bundled, PICTOGRAM_V1, noise, trajectories[row : row + 1], {}).latents[0]
        torch.testing.assert_close(alone, together[row], rtol=0, atol=LATENTS)
