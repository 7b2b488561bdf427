"""What the paper's probes do at Stable Diffusion 1.4's own sizes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import torch

from erasebench.diffusion.inpainting import InpaintingMask, masked_centre
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import (
    BASE,
    SUBMISSION,
    Inpainting,
    NoiseStream,
    Opening,
    Trajectory,
)
from erasebench.protocol import CentreSquare, Protocol
from tests.diffusion.conftest import CPU, edited_tensors

CENTRE = CentreSquare(pixels=(144, 368), grey=128, vae_factor=8)
"""The paper's square: of 512 pixels, on whole cells of 64 latents."""

STREAM = NoiseStream("inpainting_start", 0)


class TimedPipeline(LoadedPipeline):
    """A pipeline that remembers at which timesteps each set of weights was asked."""

    def predict_noise(
        self,
        weights: str,
        latents: torch.Tensor,
        timestep: int | torch.Tensor,
        embeddings: torch.Tensor,
    ) -> torch.Tensor:
        """Remembers, and predicts."""
        self.asked[weights].append(int(timestep))
        return super().predict_noise(weights, latents, timestep, embeddings)


@pytest.mark.parametrize(("start_step", "timestep"), [(5, 881), (10, 781)])
def test_a_completion_goes_on_at_the_paper_s_timestep(
    protocol: Protocol, noise: NoiseSource, start_step: int, timestep: int
) -> None:
    """After 5 and 10 of 50 steps the submission's first call is at t = 881 and 781 exactly."""
    pipeline = load_base(protocol, CPU)
    pipeline.add_weights(SUBMISSION, edited_tensors(pipeline))
    pipeline.__class__ = TimedPipeline
    pipeline.asked = defaultdict(list)
    opened = Trajectory(
        "a church",
        SUBMISSION,
        NoiseStream("start", 0),
        opening=Opening(BASE, "a church", start_step),
    )
    sample(pipeline, replace(protocol, steps=50), noise, [opened], {})

    assert pipeline.asked[BASE] == list(range(981, timestep, -20))
    assert pipeline.asked[SUBMISSION] == list(range(timestep, 0, -20))


class WideEncoder:
    """Stands for a VAE of factor 8: sixty-four cells a side, each its block's mean."""

    latent_shape = (4, 64, 64)
    device = CPU

    def encode_pictures(self, pictures: np.ndarray) -> torch.Tensor:
        """Means over blocks of 8 × 8 pixels and all channels, in four equal channels."""
        blocks = torch.from_numpy(pictures).float().mean(dim=3).unflatten(1, (64, 8))
        return blocks.unflatten(3, (64, 8)).mean(dim=(2, 4))[:, None].expand(-1, 4, -1, -1)


def test_the_mask_covers_the_paper_s_pixels(noise: NoiseSource) -> None:
    """Pixels 144 to 367 are grey and no other; cells 18 to 45, which they fill, are the model's."""
    picture = np.full((512, 512, 3), 255, dtype=np.uint8)
    masked = masked_centre(picture, CENTRE)
    grey = (masked == CENTRE.grey).all(axis=2)
    assert grey[144:368, 144:368].all()
    assert grey.sum() == 224 * 224

    filled = Trajectory("a church", BASE, STREAM, inpainting=Inpainting("kept", STREAM))
    mask = InpaintingMask(WideEncoder(), CENTRE, noise, [filled], {"kept": picture})
    (clean,) = mask.apply(torch.full((1, 4, 64, 64), -1.0), alpha=1.0)

    own = clean == -1
    assert own[:, 18:46, 18:46].all()
    assert own.sum() == 4 * 28 * 28
    assert (clean[~own] == 255).all()
