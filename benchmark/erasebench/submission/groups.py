"""The kind of module that a tensor belongs to, from its canonical name. No torch."""

from __future__ import annotations

from erasebench.submission.names import TEXT_ENCODER, part_of

UNET_GROUPS = (
    "cross_attention",
    "self_attention",
    "feed_forward",
    "projections",
    "convolutions",
    "time_embedding",
    "norms",
)
"""Kinds of module in a UNet."""

TEXT_GROUPS = ("embeddings", "attention", "feed_forward", "norms")
"""Kinds of module in a text encoder."""


def group_of(canonical: str) -> str:
    """The kind of module, one of `UNET_GROUPS` or of `TEXT_GROUPS`."""
    module = canonical.split(".")[-2]
    if "norm" in module:
        return "norms"
    if part_of(canonical) == TEXT_ENCODER:
        if ".self_attn." in canonical:
            return "attention"
        return "feed_forward" if ".mlp." in canonical else "embeddings"
    for words, group in (
        (".attn2.", "cross_attention"),
        (".attn1.", "self_attention"),
        (".ff.", "feed_forward"),
        (".proj_", "projections"),
        ("time_emb", "time_embedding"),
    ):
        if words in canonical:
            return group
    return "convolutions"
