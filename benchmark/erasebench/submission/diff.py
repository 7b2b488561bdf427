"""The diff: one safetensors file with the tensors that an erasure changed, and its settings card.

Tensors bear canonical names. There are two kinds:

- `replace`: each tensor takes the place of the base's, with exactly the bytes that are stored. It
  may have another floating-point dtype than the base's file: what was trained in float32 from a
  float16 base is stored in float32, so nothing is rounded between training and evaluation.
- `delta`: each tensor is added to the base's in float64, and the sum rounded to float32.

A prompt filter is written alike, without any tensor and as a kind of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from erasebench.concepts import Concept
from erasebench.submission.card import Card, DiffHeader
from erasebench.submission.prompt_filter import PROMPT_FILTER, FilterKind
from erasebench.submission.tensors import save_tensors


def write_diff(
    path: Path, changed: Mapping[str, torch.Tensor], base_digest: str, card: Card
) -> None:
    """Writes a diff of kind `replace`, whole or not at all.

    Args:
        path: the file.
        changed: canonical name → the tensor that takes the base's place, in the dtype to be kept.
        base_digest: digest of the base that was edited.
        card: how it was made.

    Raises:
        DiskFullError: if there is no room.
    """
    header = DiffHeader(schema_version=1, kind="replace", base=base_digest, card=card)
    save_tensors(path, changed, header.as_metadata())


def write_prompt_filter(
    path: Path, concept: Concept, base_digest: str, kind: FilterKind = PROMPT_FILTER
) -> Card:
    """Writes a prompt filter, whole or not at all.

    Args:
        path: the file.
        concept: prompts that name it become empty.
        base_digest: digest of the base that is filtered.
        kind: when it acts.

    Returns:
        The card in the file.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    card = Card(method=kind, concept=concept.name)
    header = DiffHeader(schema_version=1, kind=kind, base=base_digest, card=card)
    save_tensors(path, {}, header.as_metadata())
    return card
