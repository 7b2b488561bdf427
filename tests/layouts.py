"""Writes one edit in each layout in which others save models, by code of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file

State = Mapping[str, torch.Tensor]

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}

_TOP = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}


def original_unet_names(names: list[str], layers_per_block: int) -> dict[str, str]:
    """What the original code calls each tensor of a diffusers UNet, without the prefix."""
    up = {
        name.split(".")[1]
        for name in names
        if name.startswith("up_blocks.") and ".attentions." in name
    }
    return {name: _original(name, layers_per_block + 1, up) for name in names}


def _original(name: str, places: int, up_with_attention: set[str]) -> str:
    module, _, kind = name.rpartition(".")
    if module in _TOP:
        return f"{_TOP[module]}.{kind}"
    if match := re.fullmatch(r"mid_block\.resnets\.(\d)\.(.+)\.(\w+)", name):
        return f"middle_block.{2 * int(match[1])}.{_RESNET[match[2]]}.{match[3]}"
    if match := re.fullmatch(r"mid_block\.attentions\.0\.(.+)", name):
        return f"middle_block.1.{match[1]}"
    match = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", name)
    assert match is not None, name
    way, block, kind_of, layer, rest = match.groups()
    first = int(block) * places + (1 if way == "down" else 0)
    row = "input_blocks" if way == "down" else "output_blocks"
    here, last = f"{row}.{first + int(layer)}", f"{row}.{first + places - 1}"
    module, _, tail = rest.rpartition(".")
    return {
        "resnets": f"{here}.0.{_RESNET.get(module)}.{tail}",
        "attentions": f"{here}.1.{rest}",
        "downsamplers": f"{last}.0.op.{tail}",
        "upsamplers": f"{last}.{2 if block in up_with_attention else 1}.{rest}",
    }[kind_of]


def save_original(path: Path, unet: State, text_encoder: State | None, layers: int) -> Path:
    """A single file as the original code saves it, with what is not read beside it."""
    names = original_unet_names(list(unet), layers)
    tensors = {f"model.diffusion_model.{names[name]}": unet[name] for name in unet}
    for name, tensor in (text_encoder or {}).items():
        tensors[f"cond_stage_model.transformer.text_model.{name}"] = tensor
    tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(4)
    tensors["first_stage_model.decoder.conv_in.weight"] = torch.full((2, 2), torch.nan)
    tensors["model_ema.diffusion_modelinput_blocks00weight"] = torch.zeros(2)
    tensors["alphas_cumprod"] = torch.ones(10, dtype=torch.float64)
    tensors["sqrt_one_minus_alphas_cumprod"] = torch.ones(10)
    save_file(tensors, path)
    return path


def save_shards(folder: Path, tensors: State, stem: str = "diffusion_pytorch_model") -> Path:
    """Two shards and their index."""
    folder.mkdir(parents=True, exist_ok=True)
    weight_map = {}
    for number in (1, 2):
        file = f"{stem}-0000{number}-of-00002.safetensors"
        own = {name: tensors[name] for name in sorted(tensors)[number - 1 :: 2]}
        save_file(own, folder / file, {"format": "pt"})
        weight_map |= dict.fromkeys(own, file)
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index))
    return folder
