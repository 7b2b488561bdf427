"""The metadata of a diff: kind, base, and how it was made. No torch."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from erasebench.errors import CheckpointError, quoted
from erasebench.frozen_model import FrozenModel
from erasebench.submission.header import BrokenError, Header, unique_names

METADATA_KEY = "erasebench"
"""The metadata key of a diff; a safetensors file without it is not a diff."""

UPDATE = "update"
"""Setting in the card of a training checkpoint: number of updates."""

MOST_SETTINGS = 100
"""Maximum settings in a card; all of them are printed."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it is not printable")
    return text


Words = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
"""One printable line of text."""


class Card(FrozenModel):
    """How an erased checkpoint was made, as declared by its author."""

    method: Words | None = Field(None, description="The erasure method.")
    concept: Words | None = Field(None, description="Name of the erased concept.")
    settings: dict[Words, Words] = Field(
        default_factory=dict,
        max_length=MOST_SETTINGS,
        description="The method's settings, its seed and other details.",
    )


class DiffHeader(FrozenModel):
    """The value of a diff's metadata key."""

    schema_version: Literal[1] = Field(description="Version of this schema; others are rejected.")
    kind: Literal[
        "replace", "delta", "low_rank", "sparse", "prompt_filter", "early_prompt_filter"
    ] = Field(
        description="Whether tensors replace the base's or are added to them, and whether they may "
        "be given as two factors or as sparse values. The two filters have no tensors: prompts "
        "with the card's concept become empty, at all timesteps or at the early ones."
    )
    base: Words = Field(description="Digest of the base's tensors.")
    result: Words | None = Field(
        None,
        description="Digest of the changed tensors after applying the diff, which is checked. Null "
        "if the diff is not exact.",
    )
    card: Card = Field(default_factory=Card, description="How it was made.")

    def as_metadata(self) -> dict[str, str]:
        """The metadata of a diff's file; equal headers give equal text."""
        content = self.model_dump(exclude=None if self.result else {"result"})
        return {METADATA_KEY: json.dumps(content, sort_keys=True)}


def diff_header(header: Header) -> DiffHeader | None:
    """The metadata of a diff; None if the file is not a diff.

    Raises:
        CheckpointError: if kind or schema is unknown, or the metadata is invalid.
    """
    if METADATA_KEY not in header.metadata:
        return None
    try:
        content = json.loads(header.metadata[METADATA_KEY], object_pairs_hook=unique_names)
        return DiffHeader.model_validate(content)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            header.path,
            f"The metadata of the diff is invalid: {_reason(error)}. Write diffs with `erasebench "
            "diff make`, or use the complete model.",
        ) from error


def _reason(error: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(error, BrokenError):
        return str(error)
    if not isinstance(error, ValidationError):
        return f"it is not JSON ({error})"
    first = error.errors()[0]
    where = quoted(".".join(map(str, first["loc"])))
    found = "" if first["type"] == "missing" else f" is {quoted(first['input'])}"
    return f"{where}{found}: {first['msg']}"
