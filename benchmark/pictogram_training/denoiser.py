"""Stage `unet`: predicts the noise in a latent from its timestep and caption."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel

from erasebench.diffusion.noise import initialised
from pictogram_training.contrastive import ContrastiveConfig, caption_truth, load_clip, tokenise
from pictogram_training.draw import read_drawn
from pictogram_training.latents import read_latents
from pictogram_training.run import Run
from pictogram_training.stage import Schedule, Training
from pictogram_training.tokens import load_tokenizer


@dataclass(frozen=True)
class DenoiserConfig:
    """Shape and schedule of the UNet.

    Attributes:
        channels: of the three levels, with a side of 16, 8 and 4 latent cells; the first has no
            attention, which would be most expensive there.
        layers: residual blocks per level.
        groups: of the group norms.
        heads: attention heads.
        empty_share: share of training captions replaced by the empty one.
        snr_cap: γ of the loss weight min(SNR, γ) / SNR, which reduces the weight of nearly clean
            latents.
            Source: Hang et al. 2023, Efficient diffusion training via min-SNR weighting, eq. 8.
    """

    channels: tuple[int, int, int] = (32, 64, 128)
    layers: int = 1
    groups: int = 16
    heads: int = 8
    empty_share: float = 0.1
    snr_cap: float = 5.0
    schedule: Schedule = Schedule(
        steps=6_000, batch=64, peak_rate=1.5e-3, warm_up=300, average_decay=0.999
    )


def build_unet(
    config: DenoiserConfig, latents: tuple[int, ...], text_width: int
) -> UNet2DConditionModel:
    """An untrained UNet; call it inside `initialised`.

    Args:
        config: its shape.
        latents: shape of the latents, (N, C, side, side).
        text_width: of a caption's hidden states.
    """
    return UNet2DConditionModel(
        sample_size=latents[2],
        in_channels=latents[1],
        out_channels=latents[1],
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=config.channels,
        layers_per_block=config.layers,
        norm_num_groups=config.groups,
        # diffusers uses `attention_head_dim` as the number of heads.
        attention_head_dim=config.heads,
        cross_attention_dim=text_width,
    )


def build_scheduler() -> DDIMScheduler:
    """The noise schedule of Stable Diffusion 1.x."""
    return DDIMScheduler(
        num_train_timesteps=1_000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


@torch.no_grad()
def caption_states(run: Run, clip: ContrastiveConfig, captions: list[str]) -> torch.Tensor:
    """Hidden states of captions as the pipeline computes them, float32 (N, positions, width)."""
    tokenizer = load_tokenizer(run.folder("tokenizer"))
    size = read_drawn(run.folder("draw")).pictures.shape[1]
    text_model = load_clip(run.folder("clip"), clip, tokenizer, size).text_model
    states: torch.Tensor = text_model(tokenise(tokenizer, captions)).last_hidden_state
    return states.to(run.device)


def train_unet(run: Run, config: DenoiserConfig, clip: ContrastiveConfig) -> UNet2DConditionModel:
    """Trains the UNet on the latents; the few captions are encoded once."""
    truth = caption_truth(read_drawn(run.folder("draw")))
    states = caption_states(run, clip, ["", *truth.captions])
    own_caption = torch.from_numpy(truth.caption_of) + 1
    latents = torch.from_numpy(read_latents(run.folder("latents")).copy())
    alphas = build_scheduler().alphas_cumprod.to(run.device)
    with initialised(run.seed_of("unet")):
        unet = build_unet(config, latents.shape, clip.text_width).to(run.device)
    training = Training(unet, config.schedule, run.generator("unet"), run.folder("unet"))

    def loss_of(generator: torch.Generator) -> torch.Tensor:
        batch = config.schedule.batch
        rows = torch.randint(len(latents), (batch,), generator=generator)
        empty = torch.rand(batch, generator=generator) < config.empty_share
        timesteps = torch.randint(len(alphas), (batch,), generator=generator).to(run.device)
        clean = latents[rows].float()
        noise = torch.randn(clean.shape, generator=generator).to(run.device)
        caption = own_caption[rows].masked_fill(empty, 0).to(run.device)
        kept = alphas[timesteps].view(-1, 1, 1, 1)
        noised = kept.sqrt() * clean.to(run.device) + (1 - kept).sqrt() * noise
        predicted = unet(noised, timesteps, states[caption]).sample
        ratio = kept / (1 - kept)
        weight = ratio.clamp(max=config.snr_cap) / ratio
        loss: torch.Tensor = (weight * (predicted - noise).square()).mean()
        return loss

    return training.run("unet", loss_of)
