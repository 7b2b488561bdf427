"""Canonical tensor names: `unet.…` and `text_encoder.…`, whichever library wrote the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

UNET: Final = "unet"
TEXT_ENCODER: Final = "text_encoder"

PARTS = (UNET, TEXT_ENCODER)
"""Parts of a pipeline that an erasure may change; each is the first word of a canonical name."""

TOKEN_EMBEDDING: Final = f"{TEXT_ENCODER}.embeddings.token_embedding.weight"
"""The tensor that has a row for each token."""

_OLD_TEXT_PREFIX = "text_model."
"""What transformers 4 put before every tensor of a text encoder."""

_IGNORED_ENDING = "position_ids"
"""The numbers 0, 1, 2, … that old text encoders saved; they are no weights."""


def canonical_name(part: str, name: str) -> str:
    """The canonical name of a tensor in a file that holds one part.

    Args:
        part: one of `PARTS`, or another folder of the base.
        name: the tensor's name in the file.
    """
    if part == TEXT_ENCODER:
        name = name.removeprefix(_OLD_TEXT_PREFIX)
    return f"{part}.{name}"


def part_of(canonical: str) -> str:
    """The part that a canonical name belongs to: its first word."""
    return canonical.partition(".")[0]


def parts_of(canonical: Iterable[str]) -> tuple[str, ...]:
    """The parts that some canonical names belong to, in the order of `PARTS`."""
    found = {part_of(name) for name in canonical}
    return tuple(part for part in PARTS if part in found)


def is_ignored(canonical: str) -> bool:
    """Whether a tensor is to be passed over: position indices alone are."""
    return canonical.startswith(f"{TEXT_ENCODER}.") and canonical.endswith(_IGNORED_ENDING)
