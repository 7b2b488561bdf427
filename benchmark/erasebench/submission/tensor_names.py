"""Names of tensors: canonical forms, and the groups they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

UNET: Final = "unet"
TEXT_ENCODER: Final = "text_encoder"

PARTS = (UNET, TEXT_ENCODER)
"""Parts of a pipeline that an erasure may change; each is the prefix of canonical names."""

TOKEN_EMBEDDING: Final = f"{TEXT_ENCODER}.embeddings.token_embedding.weight"
"""The tensor with a row per token."""

_OLD_TEXT_PREFIX = "text_model."
"""Prefix of all tensors of a text encoder in transformers 4."""

_IGNORED_ENDING = "position_ids"
"""The numbers 0, 1, 2, … in old text encoders, which are not weights."""


def canonical_name(part: str, name: str) -> str:
    """The canonical name of a tensor in a file of one part.

    Args:
        part: one of `PARTS`, or another folder of the base.
        name: the tensor's name in the file.
    """
    if part == TEXT_ENCODER:
        name = name.removeprefix(_OLD_TEXT_PREFIX)
    return f"{part}.{name}"


def part_of(canonical: str) -> str:
    """The part of a canonical name: its first word."""
    return canonical.partition(".")[0]


def parts_of(canonical: Iterable[str]) -> tuple[str, ...]:
    """The parts of canonical names, in the order of `PARTS`."""
    found = {part_of(name) for name in canonical}
    return tuple(part for part in PARTS if part in found)


def is_ignored(canonical: str) -> bool:
    """Whether a tensor is ignored: only position indices are."""
    return canonical.startswith(f"{TEXT_ENCODER}.") and canonical.endswith(_IGNORED_ENDING)


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
