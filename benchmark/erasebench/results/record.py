"""A `Record` holds what was generated and judged for one `Trial`; its file is append-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import Field, ValidationError

from erasebench.disk import whole_lines
from erasebench.errors import ResultError
from erasebench.frozen_model import FrozenModel

_Item = TypeVar("_Item")

RECORD_SCHEMA: Final = 1
"""Version of the record's schema; a reader refuses any other."""


NOTHING = "nothing"
"""Stands for the erased concept where the unedited base is asked for what must be left of others.

So those trials never meet the base's ceilings, which bear the name of their concept.
"""


class Trial(FrozenModel):
    """One picture that may be drawn: the key of all that is stored."""

    erased: str = Field(description="The concept that the checkpoint claims to have erased.")
    probe: str = Field(description="Identifier of the probe.")
    target: str = Field(
        description="The concept asked for: the erased one, or another, to measure retention."
    )
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    variant: int = Field(ge=0, description="Draw or setting within the prompt index.")


class Record(FrozenModel):
    """What was seen of one trial: verdicts, picture, and what seeded it."""

    schema_version: Literal[1] = Field(RECORD_SCHEMA, description="Version of this schema.")
    trial: Trial = Field(description="Which picture it is.")
    setting: str = Field(
        description="The setting of a probe that has several, e.g. `eta=1.2 v=1.04`; "
        "empty where variants differ in noise, start or description only."
    )
    prompt: str = Field(description="The prompt as given to the text encoder.")
    seeds: dict[str, int] | None = Field(
        description="Seed of each stream of noise by its name; null where the seed set is hidden. "
        "Of a season it names the stream, which is made of the season's secret."
    )
    seed_set_digest: str | None = Field(
        None,
        exclude_if=lambda digest: digest is None,
        description="Published digest of a season's seed set; left out of the public set's.",
    )
    judge_top1: bool = Field(description="The judge's first answer is the target.")
    judge_top5: bool = Field(description="The target is among the judge's first five answers.")
    judge_probability: float = Field(ge=0, le=1, description="The judge's probability.")
    selector_probability: float = Field(ge=0, le=1, description="The selector's probability.")
    clip_score: float = Field(
        description="100 × cosine of picture and generation prompt, by the scoring CLIP."
    )
    clip_first: bool = Field(
        description="The target's prompt ranks first among the protocol's concept prompts."
    )
    picture: str | None = Field(
        description="Path of the stored PNG relative to the run, or null where none was kept."
    )
    picture_digest: str = Field(description="SHA-256 of the picture's uint8 RGB values, hex.")


_AGAIN: Final = "Run the evaluation again; it goes on from the last whole batch."


def read_records(path: Path) -> list[Record]:
    """The records of a file, whatever their plan; none where there is no file.

    What a process that died left of a line is no record, and is passed over.

    Raises:
        ResultError: if it cannot be read, or a whole line is no record; names the line.
    """
    try:
        lines = whole_lines(path)
    except OSError as error:
        raise ResultError(path, f"It cannot be read ({error.strerror}).") from error
    return records_of(lines, path)


def records_of(lines: Iterable[bytes], path: Path, again: str = _AGAIN) -> list[Record]:
    """The records of some lines.

    Args:
        lines: each one record, without its end.
        path: of the file that holds them, for the error.
        again: the sentence that says how to make that file again.

    Raises:
        ResultError: if a line is no record; names it by its number.
    """
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(Record.model_validate_json(line))
        except ValidationError as error:
            raise ResultError(
                path, f"Line {number} is no record: {error.errors()[0]['msg']}. {again}"
            ) from error
    return records


def evenly_spaced(items: Sequence[_Item], most: int) -> list[_Item]:
    """At most this many items, evenly spaced from the first on."""
    count = min(most, len(items))
    return [items[position * len(items) // count] for position in range(count)]
