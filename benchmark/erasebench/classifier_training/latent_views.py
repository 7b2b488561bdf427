"""Encoded examples and their noised views, on which a latent classifier is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tqdm import tqdm

from erasebench.classifier_training.examples import Examples
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.submission.tensors import save_tensors

CHUNK = 250
"""Images per file, and the most that a killed process can lose."""


@dataclass(frozen=True)
class LabelledLatents:
    """Clean latents, and whether each shows the concept.

    Attributes:
        latents: float16 (N, C, h, w), on the CPU; precise enough for the noise added in training.
        shows: bool (N,).
    """

    latents: torch.Tensor
    shows: torch.Tensor

    def __len__(self) -> int:
        return len(self.shows)

    def rows(self, chosen: torch.Tensor) -> LabelledLatents:
        """The chosen rows, in the given order."""
        return LabelledLatents(self.latents[chosen], self.shows[chosen])


def encode(
    examples: Examples, pipeline: LoadedPipeline, folder: Path | None = None
) -> LabelledLatents:
    """Encodes every example with the base's VAE.

    Args:
        examples: the images.
        pipeline: contains the VAE.
        folder: cache of encoded chunks for these examples and this base only; None for no cache.

    Raises:
        DiskFullError, UnwritableError: if chunks cannot be written; complete ones stay.

    Deviation:
        Uses the mode of the VAE's posterior. The paper samples it once; its deviation is far below
        the noise added in training.
    """
    count = examples.positives + examples.negatives
    chunks = []
    with tqdm(total=count, desc=f"encoding {examples.concept.name}", unit=" images") as progress:
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            file = None if folder is None else folder / f"{start:06d}.safetensors"
            if file is not None and file.exists():
                latents = load_file(file)["latents"]
            else:
                pictures = np.stack([examples.picture(number) for number in numbers])
                latents = pipeline.encode_pictures(pictures).half().cpu()
                if file is not None:
                    save_tensors(file, {"latents": latents}, {})
            chunks.append(latents)
            progress.update(len(numbers))
    return LabelledLatents(torch.cat(chunks), torch.arange(count) < examples.positives)


def drawn_timesteps(
    count: int, timesteps: int, power: float, generator: torch.Generator
) -> torch.Tensor:
    """Random timesteps t = floor((T − 1)·u^(1/power)), u uniform in [0, 1).

    Args:
        count: how many.
        timesteps: T.
        power: 1 is uniform; larger values give more noise.
        generator: on the CPU.

    Returns:
        int64 (count,), in 0..T−2.
    """
    uniform = torch.rand(count, generator=generator, dtype=torch.float64)
    return ((timesteps - 1) * uniform ** (1 / power)).long()


def noised(
    latents: torch.Tensor,
    alphas: torch.Tensor,
    timesteps: torch.Tensor,
    generator: torch.Generator,
) -> torch.Tensor:
    """x_t = sqrt(ᾱ_t)·x_0 + sqrt(1 − ᾱ_t)·z, each row at its own timestep.

    Args:
        latents: x_0, (N, C, h, w), on the CPU.
        alphas: ᾱ of every timestep, float32 (T,), on the CPU.
        timesteps: int64 (N,).
        generator: of z, on the CPU.

    Returns:
        float32 (N, C, h, w).
    """
    alpha = alphas[timesteps].view(-1, 1, 1, 1)
    noise = torch.randn(latents.shape, generator=generator)
    return alpha.sqrt() * latents.float() + (1 - alpha).sqrt() * noise
