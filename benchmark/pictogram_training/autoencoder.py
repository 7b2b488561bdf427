"""Stage `vae`: pixels to latents of a quarter of their side, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from erasebench.diffusion.noise import initialised
from erasebench.disk import replace_file
from pictogram_training.draw import read_drawn
from pictogram_training.pixels import normalise, sample_rows, to_unit
from pictogram_training.run import Run
from pictogram_training.stage import Schedule, Training, with_trained_weights

SCALING = "scaling.json"


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape and schedule of the VAE.

    Attributes:
        channels: of the three levels; each but the last halves the side.
        layers: residual blocks per level.
        latent_channels: of the latent.
        divergence_weight: weight of the mean Kullback-Leibler divergence per latent value from a
            unit Gaussian; the mean absolute and squared errors per pixel value have weight 1.
        scaling_pictures: training images for measuring the scaling factor.
    """

    channels: tuple[int, ...] = (24, 48, 64)
    layers: int = 1
    groups: int = 8
    latent_channels: int = 4
    divergence_weight: float = 1e-4
    scaling_pictures: int = 2_048
    schedule: Schedule = Schedule(
        steps=1_800, batch=16, peak_rate=2e-3, warm_up=100, weight_decay=0.0, average_decay=0.995
    )


def build_vae(config: AutoencoderConfig, size: int, scaling_factor: float = 1.0) -> AutoencoderKL:
    """An untrained VAE for images of a size; call it inside `initialised`."""
    levels = len(config.channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=config.channels,
        layers_per_block=config.layers,
        latent_channels=config.latent_channels,
        norm_num_groups=config.groups,
        # Attention among 256 cells costs a twentieth of every decode and is not needed here.
        mid_block_add_attention=False,
        sample_size=size,
        scaling_factor=scaling_factor,
    )


def train_vae(run: Run, config: AutoencoderConfig) -> AutoencoderKL:
    """Trains the VAE and measures its scaling factor, 1 / std of the latents."""
    drawn = read_drawn(run.folder("draw"))
    size = drawn.pictures.shape[1]
    with initialised(run.seed_of("vae")):
        vae = build_vae(config, size).to(run.device, memory_format=torch.channels_last)
    training = Training(vae, config.schedule, run.generator("vae"), run.folder("vae"))

    def loss_of(generator: torch.Generator) -> torch.Tensor:
        images, _ = sample_rows(drawn.pictures, config.schedule.batch, generator, run.device)
        images = normalise(images)
        with torch.autocast(run.device.type, torch.bfloat16):
            posterior = vae.encode(images).latent_dist
            mean, deviation = posterior.mean.float(), posterior.std.float()
            noise = torch.randn(mean.shape, generator=generator).to(run.device)
            error = vae.decode(mean + deviation * noise).sample.float() - images
        divergence = 0.5 * (mean**2 + deviation**2 - 1 - 2 * deviation.log()).mean()
        loss: torch.Tensor = error.abs().mean() + error.square().mean()
        loss += config.divergence_weight * divergence
        return loss

    training.run("vae", loss_of)
    path = run.folder("vae") / SCALING
    if not path.exists():
        trained = with_trained_weights(build_vae(config, size), run.folder("vae")).to(run.device)
        rows = slice(0, config.scaling_pictures)
        spread = encode(trained, to_unit(drawn.pictures[rows], run.device), None).std().item()
        replace_file(path, json.dumps({"scaling_factor": 1 / spread}).encode())
    return load_vae(run.folder("vae"), config, size)


def load_vae(folder: Path, config: AutoencoderConfig, size: int) -> AutoencoderKL:
    """The trained VAE of a `vae` folder, with its scaling factor."""
    factor = json.loads((folder / SCALING).read_text())["scaling_factor"]
    return with_trained_weights(build_vae(config, size, factor), folder)


@torch.no_grad()
def encode(
    vae: AutoencoderKL, images: torch.Tensor, generator: torch.Generator | None, batch: int = 64
) -> torch.Tensor:
    """Unscaled latents of images.

    Args:
        vae: the VAE.
        images: float32 (N, 3, H, W) in [0, 1].
        generator: samples the posterior; None uses its mean.
        batch: images per batch.

    Returns:
        float32 (N, C, H/4, W/4).
    """
    latents = []
    for part in images.split(batch):
        posterior = vae.encode(normalise(part)).latent_dist
        latent = posterior.mean
        if generator is not None:
            noise = torch.randn(latent.shape, generator=generator).to(latent.device)
            latent = latent + posterior.std * noise
        latents.append(latent)
    return torch.cat(latents)
