"""Single-file checkpoints in the naming of the original Stable Diffusion code.

They contain the UNet under `model.diffusion_model.`, the text encoder under
`cond_stage_model.transformer.`, and also a VAE, the schedule and often averaged weights, which are
ignored.

The original UNet numbers its blocks consecutively: `input_blocks.0` is the first convolution, then
each level has one place per layer and one for the downsampler; `output_blocks` have one place per
layer, with the upsampler in the last. So the number of places per level converts the names. It
follows from the file: the first downsampler is the last place of the first level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import TensorEntry
from erasebench.submission.tensor_names import TEXT_ENCODER, UNET, canonical_name, is_ignored

_UNET_PREFIX = "model.diffusion_model."
_TEXT_PREFIX = "cond_stage_model.transformer."

_NOT_READ = re.compile(
    r"first_stage_model\.|model_ema\.|(betas|logvar|alphas_cumprod|alphas_cumprod_prev"
    r"|sqrt_.*alphas_cumprod|log_one_minus_alphas_cumprod"
    r"|posterior_\w+|lvlb_weights)$"
)
"""VAE, averaged weights, and the schedule."""

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
"""First words of names in an attention block; both namings agree on the rest."""

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
        CheckpointError: if a name cannot be converted, or two names mean the same tensor.
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
                f"The single-file checkpoint has an unknown name, {quoted(name)}. Allowed are the "
                "names of a UNet (model.diffusion_model.…) and its text encoder "
                "(cond_stage_model.transformer.…). Use a checkpoint that was edited from the "
                "protocol's base.",
            )
        if canonical in found:
            raise CheckpointError(
                path, f"{quoted(canonical)} exists under two names. Save it again."
            )
        if not is_ignored(canonical):
            found[canonical] = entry
    return found


def unet_name(name: str, places: int) -> str | None:
    """The name in diffusers of a tensor of the original UNet; None if there is none.

    Args:
        name: without the prefix.
        places: per level: its layers and one more.
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
    """The name of one place of a level: residual block, attention, or sampler."""
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
