"""What a diff says of itself: its kind, its base, and how it was made. No torch."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import BrokenError, Header, unique_names

METADATA_KEY = "erasebench"
"""The one metadata key of a diff; a safetensors file without it is no diff."""

UPDATE = "update"
"""Setting in the card of a training's checkpoint: how many updates it has taken."""

MOST_SETTINGS = 100
"""Settings in a card; all of them are printed."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return text


Words = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
"""One line of text that may be shown anywhere."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Card(_Frozen):
    """How an erased checkpoint was made, in its maker's words."""

    method: Words | None = Field(None, description="The erasure method.")
    concept: Words | None = Field(None, description="Name of the concept erased.")
    settings: dict[Words, Words] = Field(
        default_factory=dict,
        max_length=MOST_SETTINGS,
        description="The method's settings, seed and whatever else matters.",
    )


class DiffHeader(_Frozen):
    """What stands under a diff's metadata key."""

    schema_version: Literal[1] = Field(description="Version of this schema; another is refused.")
    kind: Literal[
        "replace", "delta", "low_rank", "sparse", "prompt_filter", "early_prompt_filter"
    ] = Field(
        description="Whether a tensor takes the place of the base's or is added to it, and whether "
        "that may be given as two factors or as the values at a few places; "
        "of the two filters there is none, and prompts that name the card's concept are emptied, "
        "at all timesteps or the early ones."
    )
    base: Words = Field(description="Digest of the base's tensors.")
    result: Words | None = Field(
        None,
        description="Digest of the tensors that it changes, as they are when it is applied; it "
        "must come out again. Null where it was not made exact.",
    )
    card: Card = Field(default_factory=Card, description="How it was made.")

    def as_metadata(self) -> dict[str, str]:
        """The metadata of a diff's file; equal headers give equal text."""
        content = self.model_dump(exclude=None if self.result else {"result"})
        return {METADATA_KEY: json.dumps(content, sort_keys=True)}


def diff_header(header: Header) -> DiffHeader | None:
    """What a file says of itself as a diff; None where it does not claim to be one.

    Raises:
        CheckpointError: if it is of a kind or schema that cannot be read, or lacks something.
    """
    if METADATA_KEY not in header.metadata:
        return None
    try:
        content = json.loads(header.metadata[METADATA_KEY], object_pairs_hook=unique_names)
        return DiffHeader.model_validate(content)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            header.path,
            f"Its metadata do not describe a diff that can be read: {_reason(error)}. Write diffs "
            "with `erasebench diff make`, or give the whole model.",
        ) from error


def _reason(error: Exception) -> str:
    """What is wrong, with no more of the file's own text than fits a line."""
    if isinstance(error, BrokenError):
        return str(error)
    if not isinstance(error, ValidationError):
        return f"it is not JSON ({error})"
    first = error.errors()[0]
    where = quoted(".".join(map(str, first["loc"])))
    found = "" if first["type"] == "missing" else f" is {quoted(first['input'])}"
    return f"{where}{found}: {first['msg']}"
