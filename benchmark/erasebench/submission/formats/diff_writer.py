"""Writes diffs: a safetensors file with the changed tensors and a card.

Tensors have canonical names. There are two kinds:

- `replace`: each tensor replaces the base's, exactly as stored. It may have another floating-point
  dtype than the base's file: weights trained in float32 from a float16 base are stored in float32,
  so nothing is rounded between training and evaluation.
- `delta`: each tensor is added to the base's in float64, and the sum is rounded to float32.

A prompt filter is written in the same format, without tensors and as its own kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from erasebench.concepts import Concept
from erasebench.submission.card import Card, DiffHeader
from erasebench.submission.formats.prompt_filter import PROMPT_FILTER, FilterKind
from erasebench.submission.tensors import save_tensors


def write_diff(
    path: Path, changed: Mapping[str, torch.Tensor], base_digest: str, card: Card
) -> None:
    """Writes a diff of kind `replace`, atomically.

    Args:
        path: the file.
        changed: canonical name → tensor that replaces the base's, in the dtype to store.
        base_digest: digest of the base that was edited.
        card: how it was made.

    Raises:
        DiskFullError: if there is no space.
    """
    header = DiffHeader(schema_version=1, kind="replace", base=base_digest, card=card)
    save_tensors(path, changed, header.as_metadata())


def write_prompt_filter(
    path: Path, concept: Concept, base_digest: str, kind: FilterKind = PROMPT_FILTER
) -> Card:
    """Writes a prompt filter, atomically.

    Args:
        path: the file.
        concept: prompts with its name become empty.
        base_digest: digest of the base that is filtered.
        kind: at which timesteps it acts.

    Returns:
        The card in the file.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    card = Card(method=kind, concept=concept.name)
    header = DiffHeader(schema_version=1, kind=kind, base=base_digest, card=card)
    save_tensors(path, {}, header.as_metadata())
    return card
