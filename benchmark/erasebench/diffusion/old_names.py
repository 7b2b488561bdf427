"""Names that a base's tensors had when it was published, and what the libraries call them now.

Stable Diffusion 1.4 was saved by libraries of 2022. What `from_pretrained` would mend in passing is
mended here, since nothing is loaded by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from erasebench.submission.names import TEXT_ENCODER, canonical_name, is_ignored

VAE = "vae"

_OLD_ATTENTION = re.compile(r"(.*\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)")
"""A VAE's attention, as diffusers named it before version 0.18."""

_ATTENTION = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


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
