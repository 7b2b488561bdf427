"""Stage `latents`: every training image, encoded once by the trained VAE."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap
from tqdm import tqdm

from pictogram_training.autoencoder import AutoencoderConfig, encode, load_vae
from pictogram_training.draw import read_drawn
from pictogram_training.pixels import to_unit
from pictogram_training.run import Run
from pictogram_training.stage import write_atomically

LATENTS = "latents.npy"


@dataclass(frozen=True)
class LatentsConfig:
    """Settings of the encoding.

    Attributes:
        chunk: images between two lines of progress.
    """

    chunk: int = 1_000


def encode_drawn(
    run: Run, config: LatentsConfig, vae_config: AutoencoderConfig
) -> npt.NDArray[np.float16]:
    """Encodes each image to one seeded, scaled sample of its posterior.

    Returns:
        float16 (N, C, H/4, W/4) of about unit deviation, memory-mapped.
    """
    folder = run.folder("latents")
    if not (folder / LATENTS).exists():
        write_atomically(folder / LATENTS, lambda path: _encode_to(path, run, config, vae_config))
    return read_latents(folder)


def read_latents(folder: Path) -> npt.NDArray[np.float16]:
    """The memory-mapped latents of a finished `latents` folder."""
    latents: npt.NDArray[np.float16] = np.load(folder / LATENTS, mmap_mode="r")
    return latents


def _encode_to(path: Path, run: Run, config: LatentsConfig, vae_config: AutoencoderConfig) -> None:
    drawn = read_drawn(run.folder("draw"))
    size = drawn.pictures.shape[1]
    vae = load_vae(run.folder("vae"), vae_config, size).to(run.device)
    side = size >> (len(vae_config.channels) - 1)
    shape = (len(drawn), vae_config.latent_channels, side, side)
    latents = open_memmap(path, "w+", np.float16, shape)
    generator = run.generator("latents")
    for start in tqdm(range(0, len(drawn), config.chunk), desc="latents", mininterval=5):
        rows = slice(start, start + config.chunk)
        encoded = encode(vae, to_unit(drawn.pictures[rows], run.device), generator)
        latents[rows] = (encoded * vae.config.scaling_factor).cpu().numpy()
    latents.flush()
