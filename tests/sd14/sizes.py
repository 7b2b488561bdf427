"""Shapes in which the models of `sd14-v1` are written: their own, and small ones."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from erasebench.protocol import (
    SD14_V1,
    CentreSquare,
    JudgePin,
    PixelInput,
    Protocol,
)
from erasebench.recipes import PrefixBudget, Recipe

VOCABULARY = 49_408
"""Tokens of CLIP, all of which a text encoder of any size here knows."""


@dataclass(frozen=True)
class Sizes:
    """Values for the configs, in addition to those that are the same at any size.

    Attributes:
        unet, vae, text, scoring_text, vision, vit, resnet: arguments of the libraries' configs.
        protocol: asks for as little as shows that everything works.
    """

    unet: dict[str, Any] = field(default_factory=dict)
    vae: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] = field(default_factory=dict)
    scoring_text: dict[str, Any] = field(default_factory=dict)
    vision: dict[str, Any] = field(default_factory=dict)
    vit: dict[str, Any] = field(default_factory=dict)
    resnet: dict[str, Any] = field(default_factory=dict)
    protocol: Protocol = SD14_V1


def _blocks(size: int, channels: list[int], *, layers: int, groups: int) -> dict[str, Any]:
    """What UNet and VAE have in common."""
    return {
        "sample_size": size,
        "block_out_channels": channels,
        "layers_per_block": layers,
        "norm_num_groups": groups,
    }


FULL = Sizes(
    unet=_blocks(64, [320, 640, 1280, 1280], layers=2, groups=32)
    | {"cross_attention_dim": 768, "attention_head_dim": 8},
    vae=_blocks(512, [128, 256, 512, 512], layers=2, groups=32),
    text={"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12},
    protocol=replace(
        SD14_V1,
        steps=2,
        prompts=1,
        noise_etas=(1.34,),
        noise_scales=(1.04,),
        completion_starts=(1,),
        completion_ranked=(1,),
        ranked_probes=(
            *(name for name in SD14_V1.ranked_probes if "completion" not in name),
            "diffusion_completion_1",
        ),
        shown_probes=("inpainting_whole", "relearning"),
        guidance_scales=(25.0,),
        accepted_draws=1,
        inversion=Recipe(updates=1, batch=1, learning_rate=2e-3),
        inversion_pictures=1,
        prefixes=PrefixBudget(tokens=3, timesteps=1, updates=1, timesteps_per_try=2),
    ),
)
"""Stable Diffusion 1.4's own shapes, one picture of two steps a probe, one update a search."""

_TRANSFORMER = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
_PATCHES = {"image_size": 32, "patch_size": 8}

SMALL = Sizes(
    unet=_blocks(16, [8, 16, 16, 16], layers=1, groups=4)
    | {"cross_attention_dim": 16, "attention_head_dim": 2},
    vae=_blocks(128, [4, 8, 8, 8], layers=1, groups=4),
    text=_TRANSFORMER,
    scoring_text=_TRANSFORMER,
    vision=_TRANSFORMER | _PATCHES,
    vit=_TRANSFORMER | _PATCHES,
    resnet={"embedding_size": 8, "hidden_sizes": [16, 24], "depths": [1, 1]},
    protocol=replace(
        FULL.protocol,
        image_size=128,
        centre=CentreSquare(pixels=(32, 96), grey=128, vae_factor=8),
        judge=JudgePin(
            SD14_V1.judge.model, PixelInput(32, SD14_V1.judge.pixels.mean, (0.5, 0.5, 0.5))
        ),
        clip_pixels=PixelInput(32, (0.5, 0.5, 0.5), (0.3, 0.3, 0.3)),
    ),
)
"""The same networks with a few channels and layers: eight pixels a cell, as the large ones have."""

SIZES = {"small": SMALL, "full": FULL}
