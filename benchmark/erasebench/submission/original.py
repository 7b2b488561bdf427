"""Single-file checkpoints in the naming of the original Stable Diffusion code.

They hold the UNet under `model.diffusion_model.`, the text encoder under
`cond_stage_model.transformer.`, and beside them a VAE, the schedule and often averaged copies of
the weights, which are not read.

The original UNet counts its blocks in one row: `input_blocks.0` is the first convolution, and then
each level takes its layers and one place more for the downsampler; `output_blocks` give each layer
of a level a place, with the upsampler in the last one. So one number, the places that a level
takes, turns either name into the other. The file itself tells it: its first downsampler is the last
place of the first level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import TensorEntry
from erasebench.submission.names import TEXT_ENCODER, UNET, canonical_name, is_ignored

_UNET_PREFIX = "model.diffusion_model."
_TEXT_PREFIX = "cond_stage_model.transformer."

_NOT_READ = re.compile(
    r"first_stage_model\.|model_ema\.|(betas|logvar|alphas_cumprod|alphas_cumprod_prev"
    r"|sqrt_.*alphas_cumprod|log_one_minus_alphas_cumprod"
    r"|posterior_\w+|lvlb_weights)$"
)
"""VAE, averaged copies, and the schedule's numbers."""

_TOP = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
    "out.0": "conv_norm_out",
    "out.2": "conv_out",
}

_RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}

_ATTENTION = ("norm", "proj_in", "transformer_blocks", "proj_out")
"""First words of what an attention block holds; both namings agree on the rest."""

_MIDDLE = {"0": "resnets.0", "1": "attentions.0", "2": "resnets.1"}

_DOWNSAMPLER = re.compile(r"input_blocks\.(\d{1,4})\.0\.op\.")
_INPUT = re.compile(r"input_blocks\.(\d{1,4})\.([01])\.(.+)")
_OUTPUT = re.compile(r"output_blocks\.(\d{1,4})\.([012])\.(.+)")
_IN_MIDDLE = re.compile(r"middle_block\.([012])\.(.+)")


def is_original(names: Iterable[str]) -> bool:
    """Whether a file is in the original naming."""
    return any(name.startswith((_UNET_PREFIX, _TEXT_PREFIX)) for name in names)


def original_parts(path: Path, tensors: Mapping[str, TensorEntry]) -> dict[str, TensorEntry]:
    """UNet and text encoder of a file in the original naming, by canonical names.

    Args:
        path: for messages.
        tensors: name in the file → entry.

    Raises:
        CheckpointError: if a name is none that can be converted, or two mean the same tensor.
    """
    places = _places_per_level(tensors)
    found: dict[str, TensorEntry] = {}
    for name, entry in tensors.items():
        if _NOT_READ.match(name):
            continue
        canonical = _canonical(name, places)
        if canonical is None:
            raise CheckpointError(
                path,
                f"It is a single-file checkpoint in the original naming, and {quoted(name)} is no "
                "name of a UNet (model.diffusion_model.…) or of its text encoder "
                "(cond_stage_model.transformer.…) there. Give a checkpoint that was edited from "
                "the protocol's base.",
            )
        if canonical in found:
            raise CheckpointError(
                path, f"It holds {quoted(canonical)} under two names. Save it anew."
            )
        if not is_ignored(canonical):
            found[canonical] = entry
    return found


def unet_name(name: str, places: int) -> str | None:
    """What diffusers calls a tensor of the original UNet; None where it knows no such.

    Args:
        name: without the prefix.
        places: that a level takes: its layers and one more.
    """
    module, _, kind = name.rpartition(".")
    if module in _TOP:
        return f"{_TOP[module]}.{kind}"
    if match := _INPUT.fullmatch(name):
        level, layer = divmod(int(match[1]) - 1, places)
        return _in_level(f"down_blocks.{level}", layer, match[2], match[3], "op", "downsamplers")
    if match := _OUTPUT.fullmatch(name):
        level, layer = divmod(int(match[1]), places)
        return _in_level(f"up_blocks.{level}", layer, match[2], match[3], "conv", "upsamplers")
    if match := _IN_MIDDLE.fullmatch(name):
        block = f"mid_block.{_MIDDLE[match[1]]}"
        return _attention(block, match[2]) if match[1] == "1" else _resnet(block, match[2])
    return None


def _canonical(name: str, places: int) -> str | None:
    if name.startswith(_TEXT_PREFIX):
        return canonical_name(TEXT_ENCODER, name.removeprefix(_TEXT_PREFIX))
    if name.startswith(_UNET_PREFIX):
        converted = unet_name(name.removeprefix(_UNET_PREFIX), places)
        return None if converted is None else canonical_name(UNET, converted)
    return None


def _places_per_level(names: Iterable[str]) -> int:
    matches = (_DOWNSAMPLER.match(name.removeprefix(_UNET_PREFIX)) for name in names)
    # A UNet of one level has no downsampler, and all its blocks are in that level.
    return max(1, min((int(match[1]) for match in matches if match), default=10_000))


def _in_level(
    block: str, layer: int, place: str, rest: str, sampler: str, samplers: str
) -> str | None:
    """What one place of a level holds: a layer's residual block, its attention, or a sampler."""
    if rest in {f"{sampler}.weight", f"{sampler}.bias"}:
        return f"{block}.{samplers}.0.conv.{rest.rpartition('.')[2]}"
    if place == "0":
        return _resnet(f"{block}.resnets.{layer}", rest)
    return _attention(f"{block}.attentions.{layer}", rest) if place == "1" else None


def _resnet(block: str, rest: str) -> str | None:
    module, _, kind = rest.rpartition(".")
    return f"{block}.{_RESNET[module]}.{kind}" if module in _RESNET else None


def _attention(block: str, rest: str) -> str | None:
    return f"{block}.{rest}" if rest.partition(".")[0] in _ATTENTION else None
