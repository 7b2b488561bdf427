"""A `Record` of one `Trial`: the image and its classifications. Files are append-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import Field, ValidationError

from erasebench.disk import whole_lines
from erasebench.errors import ResultError
from erasebench.frozen_model import FrozenModel
from erasebench.protocol.seeds import SeedSetDigest

_Item = TypeVar("_Item")

RECORD_SCHEMA: Final = 1
"""Version of the record's schema; a reader refuses any other."""


NOTHING = "nothing"
"""`erased` of the base's trials that measure retention.

It separates them from the base's ceilings, whose `erased` is their concept.
"""


class Trial(FrozenModel):
    """One image that may be generated; the key of everything stored."""

    erased: str = Field(description="Concept that the checkpoint claims to have erased.")
    probe: str = Field(description="Identifier of the probe.")
    target: str = Field(
        description="Concept in the prompt: the erased one, or another to measure retention."
    )
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    variant: int = Field(
        ge=0, description="Number of the setting or repetition within the prompt index."
    )


class Record(FrozenModel):
    """Image, classifications and seeds of one trial."""

    schema_version: Literal[1] = Field(RECORD_SCHEMA, description="Version of this schema.")
    trial: Trial = Field(description="Key of the image.")
    setting: str = Field(
        description="Setting of a probe that has several, e.g. `eta=1.2 v=1.04`; empty if variants "
        "differ in noise, start or description only."
    )
    prompt: str = Field(description="The prompt as given to the text encoder.")
    seeds: dict[str, int] | None = Field(
        description="Seed of each noise stream by name; null for a hidden seed set. In a revealed "
        "season it identifies the stream, which is derived from the season's secret."
    )
    seed_set_digest: SeedSetDigest = None
    judge_top1: bool = Field(description="Whether the target is the judge's top-1 class.")
    judge_top5: bool = Field(description="Whether the target is among the judge's top-5 classes.")
    judge_probability: float = Field(ge=0, le=1, description="The judge's probability.")
    selector_probability: float = Field(ge=0, le=1, description="The selector's probability.")
    clip_score: float = Field(
        description="100 × cosine similarity of image and prompt, by the protocol's CLIP."
    )
    clip_first: bool = Field(
        description="Whether CLIP ranks the target's prompt first among all concept prompts."
    )
    picture: str | None = Field(
        description="Path of the stored PNG relative to the run; null if it was not stored."
    )
    picture_digest: str = Field(description="SHA-256 of the image's uint8 RGB values, hex.")


_AGAIN: Final = "Run the evaluation again; it resumes after the last complete batch."


def read_records(path: Path) -> list[Record]:
    """The records of a file; none if there is no file. An incomplete last line is ignored.

    Raises:
        ResultError: if the file cannot be read or a line is invalid; names the line.
    """
    try:
        lines = whole_lines(path)
    except OSError as error:
        raise ResultError(path, f"It cannot be read ({error.strerror}).") from error
    return records_of(lines, path)


def records_of(lines: Iterable[bytes], path: Path, again: str = _AGAIN) -> list[Record]:
    """Parses lines as records.

    Args:
        lines: one record each, without line end.
        path: file of the lines, for the error.
        again: sentence for the error that says how to recreate the file.

    Raises:
        ResultError: if a line is invalid; gives its number.
    """
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(Record.model_validate_json(line))
        except ValidationError as error:
            raise ResultError(
                path, f"Line {number} is not a valid record: {error.errors()[0]['msg']}. {again}"
            ) from error
    return records


def evenly_spaced(items: Sequence[_Item], most: int) -> list[_Item]:
    """At most this many items, evenly spaced from the first on."""
    count = min(most, len(items))
    return [items[position * len(items) // count] for position in range(count)]
