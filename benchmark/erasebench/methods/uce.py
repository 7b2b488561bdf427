"""UCE: keys and values of the concept's tokens become those of the empty prompt's, in closed form.

    W = (λ·W_0 + s_e·Σ v*·cᵀ + s_p·Σ W_0·c_j·c_jᵀ) · (λ·I + s_e·Σ c·cᵀ + s_p·Σ c_j·c_jᵀ)⁻¹

for every cross-attention matrix W that makes keys or values; c a token of the concept's text, v* =
W_0·g with g the token of the empty prompt in its place, c_j the tokens of preserved texts. Since
W_0 is the left factor of every term, W = W_0·M with the same matrix M for all of them.

Source: Gandikota et al., "Unified Concept Editing in Diffusion Models" (WACV 2024), equation 7;
λ, s_e and s_p as in the released code.
"""

from __future__ import annotations

import re

import torch

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE
from erasebench.methods.erasure import Erasure
from erasebench.methods.settings import UceSettings

_KEYS_AND_VALUES = re.compile(r"\.attn2\.to_[kv]\.weight$")


def erase(erasure: Erasure, settings: UceSettings) -> dict[str, torch.Tensor]:
    """Edits every to_k and to_v at once.

    Returns:
        Canonical name → edited matrix.
    """
    pipeline = erasure.pipeline
    concept, guide = _paired_tokens(pipeline, erasure.text(settings.wording), settings)
    texts = (*settings.preserve, *([""] if settings.preserve_empty else []))
    preserved = torch.cat(
        [concept[:0], *(_paired_tokens(pipeline, text, settings)[0] for text in texts)]
    )
    held = settings.damping * torch.eye(concept.shape[1], dtype=torch.float64)
    held += settings.preserve_scale * preserved.T @ preserved
    moved = held + settings.erase_scale * guide.T @ concept
    seen = held + settings.erase_scale * concept.T @ concept
    edit = torch.linalg.solve(seen, moved, left=False)
    return {
        name: (tensor.double().cpu() @ edit).to(tensor)
        for name, tensor in erasure.unet_tensors().items()
        if _KEYS_AND_VALUES.search(name)
    }


def _paired_tokens(
    pipeline: LoadedPipeline, text: str, settings: UceSettings
) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens of a text that count, and those of the empty prompt in their places.

    Returns:
        Two of (K, D) in float64, D the width of the text encoder.
    """
    own, empty = pipeline.encode_prompts(BASE, [text, ""]).double().cpu()
    if settings.tokens == "all":
        return own, empty
    # The tokenizer adds a start and an end token. In the empty prompt the start is the last before
    # the end: it replaces the last word, and the tokens after it replace those after the word.
    last = len(pipeline.tokenizer(text).input_ids) - 2
    count = 1 if settings.tokens == "last" else len(own) - last
    return own[last : last + count], empty[:count]
