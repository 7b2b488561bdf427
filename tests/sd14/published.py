"""The repositories that `sd14-v1` pins, as they were published in 2022, with random weights.

Configs have the keys of that time, the VAE's attention and the text encoder their old names, CLIP
is a pickle, the scheduler another than the one that samples. Tensors are float16, as in the files
that are mostly fetched.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from erasebench.protocol import SD14_V1
from tests.hub.hub_server import Hub
from tests.scoring.test_hub_judges import OLD_NAMES
from tests.sd14.sizes import VOCABULARY, Sizes
from tests.tiny import tiny_tokenizer

ERASED = "some-org/esdu_church"
"""A submission of a full pipeline, whose name says what it has erased."""

_POOL = 2**26
"""Values that are drawn; tensors are pieces of them, since drawing a billion takes ten seconds."""

_UNET = {
    "_class_name": "UNet2DConditionModel",
    "_diffusers_version": "0.6.0",
    "act_fn": "silu",
    "center_input_sample": False,
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 4,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-05,
    "out_channels": 4,
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
}

_VAE = {
    "_class_name": "AutoencoderKL",
    "_diffusers_version": "0.6.0",
    "act_fn": "silu",
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "in_channels": 3,
    "latent_channels": 4,
    "out_channels": 3,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
}

_TEXT = {
    "_name_or_path": "openai/clip-vit-large-patch14",
    "architectures": ["CLIPTextModel"],
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "dropout": 0.0,
    "eos_token_id": 2,
    "hidden_act": "quick_gelu",
    "initializer_factor": 1.0,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 77,
    "model_type": "clip_text_model",
    "num_attention_heads": 12,
    "pad_token_id": 1,
    "torch_dtype": "float32",
    "transformers_version": "4.22.0.dev0",
    "vocab_size": VOCABULARY,
}

_SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.7.0.dev0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}

_OLD_VAE = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def publish(hub: Hub, folder: Path, sizes: Sizes) -> None:
    """Writes every repository that the protocol pins, and an erased pipeline, and serves them."""
    base, clip = SD14_V1.base, SD14_V1.clip
    repositories = {
        base: _write_base(folder / "base", sizes),
        clip: _write_clip(folder / "clip", sizes),
        SD14_V1.judge.model: _write_vit(folder / "judge", sizes),
        SD14_V1.selector.model: _write_resnet(folder / "selector", sizes),
    }
    for pin, place in repositories.items():
        # Those have more than is needed: what is not pinned must not be fetched.
        (place / "README.md").write_text("---\nlicense: other\n---\n")
        hub.add(pin.source, _files(place), commit=pin.revision)
    erased = folder / "erased" / "unet"
    erased.mkdir(parents=True)
    unet = load_file(folder / "base" / "unet" / "diffusion_pytorch_model.safetensors")
    save_file(
        {name: tensor + 0.02 * tensor.flip(0) for name, tensor in unet.items()},
        erased / "diffusion_pytorch_model.safetensors",
    )
    (erased / "config.json").write_text("{}")
    hub.add(ERASED, _files(folder / "erased"))


def _files(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }


def _write_base(folder: Path, sizes: Sizes) -> Path:
    with torch.device("meta"):
        unet = UNet2DConditionModel(**_without_notes(_UNET | sizes.unet))
        vae = AutoencoderKL(**_without_notes(_VAE | sizes.vae))
        text = CLIPTextModel(CLIPTextConfig(**_TEXT | sizes.text))
    _write(folder / "unet", _UNET | sizes.unet, _random(unet, 1))
    vae_tensors = {_old_vae_name(name): tensor for name, tensor in _random(vae, 2).items()}
    _write(folder / "vae", _VAE | sizes.vae, vae_tensors)
    _write(folder / "text_encoder", _TEXT | sizes.text, _old_text(_random(text, 3)), "model")
    _write_tokenizer(folder / "tokenizer")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(_SCHEDULER))
    return folder


def _write_clip(folder: Path, sizes: Sizes) -> Path:
    config = CLIPConfig(
        text_config={"vocab_size": VOCABULARY, **sizes.scoring_text}, vision_config=sizes.vision
    )
    with torch.device("meta"):
        model = CLIPModel(config)
    config.save_pretrained(folder)
    tensors = _random(model, 4)
    for part, count in (("text", 77), ("vision", model.vision_model.embeddings.num_positions)):
        tensors[f"{part}_model.embeddings.position_ids"] = torch.arange(count)[None]
    torch.save(tensors, folder / "pytorch_model.bin")
    _write_tokenizer(folder)
    return folder


def _write_vit(folder: Path, sizes: Sizes) -> Path:
    config = ViTConfig(num_labels=1000, **sizes.vit)
    with torch.device("meta"):
        model = ViTForImageClassification(config)
    config.architectures = ["ViTForImageClassification"]
    config.save_pretrained(folder)
    tensors = {}
    for name, tensor in _random(model, 5).items():
        for new, old in OLD_NAMES:
            name = re.sub(new, old, name)  # noqa: PLW2901  (each goes through all)
        tensors[name] = tensor
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def _write_resnet(folder: Path, sizes: Sizes) -> Path:
    config = ResNetConfig(num_labels=1000, **sizes.resnet)
    with torch.device("meta"):
        model = ResNetForImageClassification(config)
    config.architectures = ["ResNetForImageClassification"]
    config.save_pretrained(folder)
    save_file(_random(model, 6), folder / "model.safetensors", {"format": "pt"})
    return folder


def _write_tokenizer(folder: Path) -> None:
    """The files of a tokenizer with CLIP's number of tokens, most of which are no word."""
    folder.mkdir(exist_ok=True)
    learned = json.loads(tiny_tokenizer().backend_tokenizer.to_str())["model"]
    ends = ("<|startoftext|>", "<|endoftext|>")
    words = [token for token in learned["vocab"] if token not in ends]
    words += [f"zq{number}</w>" for number in range(VOCABULARY - len(ends) - len(words))]
    vocabulary = {token: number for number, token in enumerate((*words, *ends))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    merges = [" ".join(pair) for pair in learned["merges"]]
    (folder / "merges.txt").write_text("\n".join(("#version: 0.2", *merges, "")))
    special = {"bos_token": ends[0], "eos_token": ends[1], "unk_token": ends[1]}
    special["pad_token"] = ends[1]
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    told = {"model_max_length": 77, "tokenizer_class": "CLIPTokenizer", "errors": "replace"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told | special))


def _write(
    folder: Path,
    config: Mapping[str, object],
    tensors: dict[str, torch.Tensor],
    stem: str = "diffusion_pytorch_model",
) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file(tensors, folder / f"{stem}.safetensors", {"format": "pt"})


def _random(module: torch.nn.Module, seed: int) -> dict[str, torch.Tensor]:
    """Tensors for a module without content, float16, that keep what passes them about as large."""
    generator = torch.Generator().manual_seed(seed)
    pool = torch.randn(_POOL, generator=generator).half()
    tensors = {}
    for name, wanted in module.state_dict().items():
        size = wanted.numel()
        if not wanted.is_floating_point():
            tensors[name] = torch.zeros(wanted.shape, dtype=wanted.dtype)
        elif wanted.ndim < 2:
            # Scales of norms and running variances are 1, biases and means 0.
            is_scale = name.endswith(("weight", "running_var", "logit_scale"))
            tensors[name] = torch.full(wanted.shape, float(is_scale), dtype=torch.float16)
        else:
            begin = int(torch.randint(_POOL - size, (), generator=generator))
            piece = pool[begin : begin + size].view(wanted.shape)
            tensors[name] = piece / math.sqrt(math.prod(wanted.shape[1:]))
    return tensors


def _old_text(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    old = {f"text_model.{name}": tensor for name, tensor in tensors.items()}
    return old | {"text_model.embeddings.position_ids": torch.arange(77)[None]}


def _old_vae_name(name: str) -> str:
    for new, old in _OLD_VAE.items():
        if ".attentions." in name:
            name = name.replace(f".{new}.", f".{old}.")
    return name


def _without_notes(config: Mapping[str, object]) -> dict[str, object]:
    """A config's arguments, without what says who wrote it."""
    return {key: value for key, value in config.items() if not key.startswith("_")}
