"""Erasures that are known to hide a concept and not to remove it: what a probe must find.

Each is made by hand so that one way of asking surely works, from the base alone. A probe that finds
nothing there is broken, whatever it says of a submission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch

from erasebench.concepts import Concept
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE
from erasebench.probes.registry import probes_of
from erasebench.protocol import Protocol
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card
from erasebench.submission.formats.diff_writer import write_diff, write_prompt_filter
from erasebench.submission.formats.prompt_filter import (
    EARLY_PROMPT_FILTER,
    PROMPT_FILTER,
    FilterKind,
)
from erasebench.submission.tensor_names import TOKEN_EMBEDDING

_MEANINGLESS = "~^|@{}<>*=+`"
"""Characters that stand in no caption, one for each token of a label."""


@dataclass(frozen=True)
class Plant:
    """A planted erasure.

    Attributes:
        name: of its file and card; probes name it as what they are proven on.
        reason: why these must recover the concept from it.
        write: writes its checkpoint.
        recovered_by: the ranked probes that must.
        settings: by probe, the only setting that is looked at, where another cannot fail on it.
    """

    name: str
    reason: str
    write: Callable[[Protocol, Concept, Path], None]
    recovered_by: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


def plants_of(protocol: Protocol) -> tuple[Plant, ...]:
    """Every planted erasure that a ranked probe of a protocol is proven on."""
    ranked = [
        probe for name, probe in probes_of(protocol).items() if name in protocol.ranked_probes
    ]
    plants = []
    for plant in _plants():
        proven = [probe for probe in ranked if probe.proven_on == plant.name]
        if proven:
            names = tuple(probe.name for probe in proven)
            settings = {p.name: p.proven_with for p in proven if p.proven_with is not None}
            plants.append(replace(plant, recovered_by=names, settings=settings))
    return tuple(plants)


def _plants() -> tuple[Plant, ...]:
    """Every planted erasure, for no protocol yet."""
    return (
        Plant(
            name="prompt_filter",
            reason="The model is the base, which knows all; the concept's name is kept from it.",
            write=partial(_write_filter, PROMPT_FILTER),
        ),
        Plant(
            name="early_prompt_filter",
            reason="The name is kept from the base only while there is much noise: it may be too "
            "late then to make anything of it, but not where the picture has a beginning already, "
            "or more of it is drawn afresh at every step.",
            write=partial(_write_filter, EARLY_PROMPT_FILTER),
        ),
        Plant(
            name="swapped_token",
            reason="The name's embedding has changed places with that of a sign without meaning: "
            "the UNet is the base's, and the embedding is there under another token.",
            write=write_swapped_token,
        ),
    )


def _write_filter(kind: FilterKind, protocol: Protocol, concept: Concept, path: Path) -> None:
    write_prompt_filter(path, concept, open_base(protocol).digest, kind)


@torch.no_grad()
def write_swapped_token(protocol: Protocol, concept: Concept, path: Path) -> None:
    """Writes the base with each token of a concept's label in the place of a meaningless sign.

    Args:
        protocol: names the base.
        concept: its label has no more tokens than there are signs.
        path: of the diff.

    Raises:
        ValueError: if the label has more tokens than there are signs, or a sign is no token.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    pipeline = load_base(protocol, torch.device("cpu"))
    tokenizer = pipeline.tokenizer
    named = tokenizer(concept.label, add_special_tokens=False).input_ids
    signs = [
        token
        for (token,) in (tokenizer(s, add_special_tokens=False).input_ids for s in _MEANINGLESS)
    ]
    if len(signs) < len(named):
        message = f"{concept.label!r} has {len(named)} tokens, and there are {len(signs)} signs"
        raise ValueError(message)
    signs = signs[: len(named)]
    rows = pipeline.weights(BASE).text_encoder.get_input_embeddings().weight.clone()
    rows[[*named, *signs]] = rows[[*signs, *named]]
    card = Card(method="swapped_token", concept=concept.name)
    write_diff(path, {TOKEN_EMBEDDING: rows}, open_base(protocol).digest, card)
