"""The manifest of a submission: the checkpoints of an entry of the leaderboard, and its contact.

One file covers every concept that a method was released for, each with its own checkpoint. It pins
commits and digests, so that it always refers to the same files.
"""

from __future__ import annotations

from typing import Annotated, Final

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, Field, model_validator

from erasebench.concepts import CONCEPTS
from erasebench.frozen_model import FrozenModel
from erasebench.manifest.patterns import (
    UNPINNED,
    CommitOrUnpinned,
    Contact,
    Licence,
    Place,
    Prose,
    Repository,
    Sha256,
    Title,
    Url,
    Weights,
)
from erasebench.protocol import PROTOCOLS
from erasebench.submission.formats.lora_settings import CONFIG, LONGEST_CONFIG
from erasebench.submission.layout import SourceLayout

MANIFEST_SCHEMA: Final = 1
"""Version of the schema; a manifest of another version is rejected."""

MOST_BYTES: Final = 10 * 1024**3
"""Bytes of a checkpoint's files together. Stable Diffusion 1.4 has 4.3 GB in full precision."""

MOST_FILES: Final = 64
"""Files of a checkpoint."""

MOST_SETTINGS_BYTES: Final = LONGEST_CONFIG
"""Bytes of an adapter's settings."""

FILL_IN: Final = "fill in"
"""What `pin` writes into fields that the submitter must fill in."""


_PROTOCOLS = " or ".join(f"`{name}`" for name in PROTOCOLS)


def _known(name: str) -> str:
    if name not in CONCEPTS:
        raise ValueError(f"there is no such concept; it must be one of {', '.join(CONCEPTS)}")
    return name


ConceptName = Annotated[str, AfterValidator(_known)]


class PinnedFile(FrozenModel):
    """Size and digest that identify a file."""

    size: Annotated[int, Gt(0), Le(MOST_BYTES)] = Field(description="Bytes.")
    sha256: Sha256 = Field(description="SHA-256 of the file, 64 hex digits.")


class Source(FrozenModel):
    """The checkpoint of one concept, on the Hub."""

    repo: Repository = Field(description="Repository on the Hub: organisation/name.")
    revision: CommitOrUnpinned = Field(
        description="Commit of the repository, 40 hex digits; `unpinned` in a template."
    )
    path: Place | None = Field(
        default=None,
        description="The checkpoint's folder or file, from the repository's top; left out if it is "
        "the whole repository.",
    )
    layout: SourceLayout = Field(description="The checkpoint's layout.")
    files: dict[Weights, PinnedFile] = Field(
        default={},
        description="The files that are fetched, by path from the repository's top: safetensors "
        "and their indices, and the `adapter_config.json` of an adapter.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Source:
        if (self.revision == UNPINNED) == bool(self.files):
            raise ValueError(
                "give files if, and only if, revision is a commit; `erasebench pin` fills in both"
            )
        settings = self.settings_path
        odd = [name for name in self.files if is_settings(name) and name != settings]
        if odd:
            raise ValueError(
                f"the file {odd[0]} belongs to the weights of a lora, but layout is {self.layout}"
                if self.layout != "lora"
                else f"the file {odd[0]} must be in the folder of the adapter's weights"
            )
        if settings is not None and self.files[settings].size > MOST_SETTINGS_BYTES:
            raise ValueError(
                f"the file {settings} has {self.files[settings].size} bytes; the limit is "
                f"{MOST_SETTINGS_BYTES}"
            )
        outside = [name for name in self.files if name != settings and not _below(name, self.path)]
        if outside:
            raise ValueError(f"the file {outside[0]} must be in path, which is {self.path}")
        if len(self.files) > MOST_FILES:
            raise ValueError(f"files has {len(self.files)} entries; the limit is {MOST_FILES}")
        if self.size > MOST_BYTES:
            raise ValueError(f"files have {self.size} bytes together; the limit is {MOST_BYTES}")
        return self

    @property
    def pinned(self) -> bool:
        """Whether it names a commit and the digests of its files."""
        return self.revision != UNPINNED

    @property
    def folder(self) -> str | None:
        """The folder that holds all files; None for the repository's top."""
        if self.path is None or self.path not in self.files:
            return self.path
        return self.path.rpartition("/")[0] or None

    @property
    def settings_path(self) -> str | None:
        """The adapter's settings, in the folder of its weights; None if there are none."""
        if self.layout != "lora":
            return None
        beside = {settings_beside(name) for name in self.files if not is_settings(name)}
        return next((name for name in sorted(self.files) if name in beside), None)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def address(self) -> str:
        """The checkpoint as commands take it: `organisation/name@revision/path`."""
        return f"{self.repo}@{self.revision}" + (f"/{self.path}" if self.path else "")


class Cost(FrozenModel):
    """Cost of making one checkpoint, as declared by its author."""

    hardware: Title = Field(description="Hardware, e.g. `1 x A6000`.")
    hours: Annotated[float, Ge(0), Le(1e6)] = Field(description="Wall time for one concept.")


class Manifest(FrozenModel):
    """A submission."""

    schema_version: Annotated[int, Ge(MANIFEST_SCHEMA), Le(MANIFEST_SCHEMA)] = Field(
        description=f"Version of this schema: {MANIFEST_SCHEMA}."
    )
    name: Title = Field(description="Name in tables, e.g. `ESD-x`.")
    method: Title = Field(description="The erasure method, by its paper's name or erasebench's.")
    paper: Url | None = Field(default=None, description="Address of the paper.")
    code: Url | None = Field(default=None, description="Address of the erasure's code.")
    licence: Licence = Field(description="SPDX identifier of the checkpoints' licence.")
    contact: Contact = Field(
        description="Contact: a GitHub name (@name), an e-mail address or a page."
    )
    base: Title = Field(description=f"The protocol whose base was edited: {_PROTOCOLS}.")
    cost: Cost | None = Field(
        default=None, description="Cost of making one checkpoint; shown as declared."
    )
    training_data: Prose | None = Field(
        default=None, description="Training data of the erasure, in words; shown as declared."
    )
    checkpoints: Annotated[dict[ConceptName, Source], Field(min_length=1)] = Field(
        description="Erased concept → its checkpoint."
    )

    @property
    def unpinned(self) -> tuple[str, ...]:
        """Concepts whose checkpoints have no commit yet."""
        return tuple(name for name, source in self.checkpoints.items() if not source.pinned)


def is_settings(name: str) -> bool:
    """Whether a file, by its path, holds an adapter's settings."""
    return name.rpartition("/")[2] == CONFIG


def settings_beside(name: str) -> str:
    """Path of an adapter's settings, by the path of its weights."""
    folder, slash, _ = name.rpartition("/")
    return f"{folder}{slash}{CONFIG}"


def _below(name: str, place: str | None) -> bool:
    return place is None or name == place or name.startswith(f"{place}/")
