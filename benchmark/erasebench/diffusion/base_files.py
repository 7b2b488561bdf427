"""A base's parts, read from its folder in diffusers layout, without the network.

Stable Diffusion 1.4 was saved by libraries of 2022, so its tensors get the names of today here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from erasebench.diffusion.trajectory import LEARNED
from erasebench.submission.tensor_names import TEXT_ENCODER, UNET, canonical_name, is_ignored

VAE = "vae"

_RECOMPUTED = 100_000_000
"""Parameters of a UNet above which gradients use checkpointing: at 512 pixels they would need 12 GB
a row without it, and it costs a third more time."""

_OLD_ATTENTION = re.compile(r"(.*\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)")
"""A VAE's attention, as diffusers named it before version 0.18."""

_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}

_Module = TypeVar("_Module", bound=torch.nn.Module)


def read_unet(folder: Path, device: torch.device, dtype: torch.dtype) -> UNet2DConditionModel:
    """The UNet, ready for inference; a large one computes gradients with less memory."""
    config = read_config(folder / UNET / "config.json")
    # Without content: random initialisation would take minutes and gigabytes.
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(config)
    if unet.num_parameters() > _RECOMPUTED:
        unet.enable_gradient_checkpointing()
    file = folder / UNET / "diffusion_pytorch_model.safetensors"
    return _ready(unet, UNET, file, device, dtype)


def read_vae(folder: Path, device: torch.device, dtype: torch.dtype) -> AutoencoderKL:
    """The VAE, ready for inference."""
    config = read_config(folder / VAE / "config.json")
    with torch.device("meta"):
        vae = AutoencoderKL.from_config(config)
    return _ready(vae, VAE, folder / VAE / "diffusion_pytorch_model.safetensors", device, dtype)


def read_text_encoder(folder: Path, device: torch.device, dtype: torch.dtype) -> CLIPTextModel:
    """The text encoder, ready for inference."""
    config = CLIPTextConfig(**read_config(folder / TEXT_ENCODER / "config.json"))
    file = folder / TEXT_ENCODER / "model.safetensors"
    return _ready(CLIPTextModel(config), TEXT_ENCODER, file, device, dtype)


def read_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer, which also knows the word of a learned token."""
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    tokenizer.add_tokens([LEARNED])
    return tokenizer


def read_config(file: Path) -> dict[str, Any]:
    """A part's config; the libraries' own loaders would ask the Hub for a missing file."""
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def current_names(part: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A part's tensors by the names that its module has today.

    Args:
        part: `unet`, `text_encoder` or `vae`.
        tensors: as they are named in the file.
    """
    if part == TEXT_ENCODER:
        named = {canonical_name(part, name): tensor for name, tensor in tensors.items()}
        return {
            name.removeprefix(f"{part}."): tensor
            for name, tensor in named.items()
            if not is_ignored(name)
        }
    if part == VAE:
        return {_vae_name(name): tensor for name, tensor in tensors.items()}
    return dict(tensors)


def _vae_name(name: str) -> str:
    match = _OLD_ATTENTION.fullmatch(name)
    return f"{match[1]}.{_ATTENTION[match[2]]}.{match[3]}" if match else name


def _ready(
    module: _Module, part: str, file: Path, device: torch.device, dtype: torch.dtype
) -> _Module:
    """Fills a module from a part's file and makes it fit for inference on a device."""
    tensors = current_names(part, load_file(file))
    # One by one, so that a large part is not there twice.
    for name in list(tensors):
        tensors[name] = tensors[name].to(device, dtype)
    module.load_state_dict(tensors, assign=True)
    module.eval().requires_grad_(False)
    return module.to(device)
