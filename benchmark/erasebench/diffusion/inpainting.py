"""Inpainting: outside the centre square the latents are those of a source image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch

from erasebench.diffusion.ddim import add_noise
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import Trajectory
from erasebench.protocol import CentreSquare


class InpaintingMask:
    """Sets the latents around the centre square to the source's, at each level of noise.

    The source is encoded with grey under the mask, so that its masked part does not reach the
    latents around the square. One noise latent serves all levels of a trajectory; after the last
    step the source is set without noise.

    Deviation:
        `StableDiffusionInpaintPipeline`, which the paper uses, encodes the whole source for a
        UNet of four channels, so that latents at the border depend on the masked part.
    """

    def __init__(
        self,
        pipeline: LoadedPipeline,
        centre: CentreSquare,
        noise: NoiseSource,
        trajectories: Sequence[Trajectory],
        sources: Mapping[str, npt.NDArray[np.uint8]],
    ) -> None:
        """Encodes each source once and generates the noise of each trajectory.

        Args:
            pipeline: encodes.
            centre: the square, in pixels and in latent cells.
            noise: opens the streams.
            trajectories: all N of a batch; those without inpainting are not changed.
            sources: images by key, each uint8 (H, W, 3).

        Raises:
            KeyError: if a trajectory's source is not among `sources`.
        """
        asked = [
            (row, one.inpainting)
            for row, one in enumerate(trajectories)
            if one.inpainting is not None
        ]
        self._rows = [row for row, _ in asked]
        if not asked:
            return
        keys = list(dict.fromkeys(inpainting.source for _, inpainting in asked))
        encoded = pipeline.encode_pictures(
            np.stack([masked_centre(sources[key], centre) for key in keys])
        )
        self._clean = encoded[[keys.index(inpainting.source) for _, inpainting in asked]]
        self._noise = torch.stack(
            [noise.draw(inpainting.noise, pipeline.latent_shape) for _, inpainting in asked]
        ).to(self._clean)
        first, end = centre.cells
        self._outside = torch.ones(pipeline.latent_shape, dtype=torch.bool)
        self._outside[:, first:end, first:end] = False
        self._outside = self._outside.to(pipeline.device)

    def apply(self, latents: torch.Tensor, alpha: float) -> torch.Tensor:
        """Latents that outside the square are the source's, noised to a level.

        Args:
            latents: of the batch, (N, C, h, w).
            alpha: ᾱ of the level of `latents`; 1 for the source without noise.

        Returns:
            Like `latents`.
        """
        if not self._rows:
            return latents
        source = add_noise(self._clean, self._noise, alpha)
        masked = latents.clone()
        masked[self._rows] = torch.where(self._outside, source, latents[self._rows])
        return masked


def masked_centre(picture: npt.NDArray[np.uint8], centre: CentreSquare) -> npt.NDArray[np.uint8]:
    """A copy of an image with grey in the centre square.

    Args:
        picture: uint8 (H, W, 3).
        centre: the square, in pixels.
    """
    masked = picture.copy()
    first, end = centre.pixels
    masked[first:end, first:end] = centre.grey
    return masked
