"""Reference results of a protocol: outcomes of the base and of a retrained model.

They are package data in `references/<protocol>/`, made by `erasebench reference build`. Without
them the base is evaluated with each submission, and there are no floors.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from erasebench.disk import replace_file
from erasebench.errors import ResultError
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import PUBLIC_SEED_SET, Protocol
from erasebench.protocol.seeds import SeedSetDigest
from erasebench.results.facts import ProbeFacts
from erasebench.results.outcome import Outcome
from erasebench.results.result import Environment

REFERENCE_SCHEMA: Final = 1
"""Version of the schema; a reader refuses any other."""

Role = Literal["base", "retrain"]
"""The base gives ceilings; `retrain`, trained without the ranked concepts, gives floors."""

REFERENCES = Path(__file__).parents[1] / "references"
"""The package's folder of references."""


class ReferenceFile(FrozenModel):
    """Outcomes of one model on everything that a submission may be evaluated on."""

    schema_version: Literal[1] = Field(REFERENCE_SCHEMA, description="Version of this schema.")
    role: Role = Field(description="`base` gives ceilings, `retrain` floors.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    seed_set: str = Field(description="Name of the seed set.")
    seed_set_digest: SeedSetDigest = None
    tensors_digest: str = Field(
        description="Digest of the base's tensors, or of those that differ in the retrained model."
    )
    environment: Environment = Field(description="Software and machine that generated the images.")
    classifiers: dict[str, str] = Field(
        description="Digest of each latent classifier used for guidance, by concept."
    )
    versions: dict[str, int] = Field(
        default_factory=dict,
        exclude_if=lambda versions: not versions,
        description="Versions other than 1, by probe.",
    )
    outcomes: tuple[Outcome, ...] = Field(
        description="For a ranked concept `erased` is the concept; for the base's retention it is "
        "`nothing`."
    )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its content, hex, without null fields, so that new fields keep old digests."""
        return hashlib.sha256(self.model_dump_json(exclude_none=True).encode()).hexdigest()

    def current(self, probes: Iterable[ProbeFacts]) -> tuple[Outcome, ...]:
        """Outcomes of probes that still have the same version; `probes` are the current ones."""
        other = {one.name for one in probes if one.version != self.versions.get(one.name, 1)}
        return tuple(one for one in self.outcomes if one.probe not in other)


def reference_folder(protocol: str, seed_set: str, folder: Path = REFERENCES) -> Path:
    """Folder of a protocol's references for a seed set; seasons have their own subfolder."""
    own = folder / protocol
    return own if seed_set == PUBLIC_SEED_SET else own / seed_set


def reference_path(
    protocol: str, role: Role, folder: Path = REFERENCES, seed_set: str = PUBLIC_SEED_SET
) -> Path:
    """File of a reference."""
    return reference_folder(protocol, seed_set, folder) / f"{role}.json.gz"


def write_reference(path: Path, reference: ReferenceFile) -> None:
    """Writes a reference. Equal references give equal files.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    content = f"{reference.model_dump_json()}\n".encode()
    replace_file(path, gzip.compress(content, mtime=0))


def read_reference(path: Path) -> ReferenceFile | None:
    """Reads a reference; None if there is none.

    Raises:
        ResultError: if it is damaged or of another schema.
    """
    return _read(path, path.stat().st_mtime_ns) if path.exists() else None


@lru_cache(maxsize=8)
def _read(path: Path, written: int) -> ReferenceFile:  # noqa: ARG001  (a part of the key)
    """The file as of a modification time, cached because scoring reads it repeatedly."""
    try:
        return ReferenceFile.model_validate_json(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValidationError) as error:
        raise ResultError(
            path, "This version cannot read the reference. Install the package again."
        ) from error


def reference_of(
    protocol: Protocol, seed_set: str, role: Role, folder: Path = REFERENCES
) -> ReferenceFile | None:
    """A protocol's reference for a seed set; None if there is none.

    Raises:
        ResultError: if it cannot be read, or was made under another version of the protocol.
    """
    path = reference_path(protocol.name, role, folder, seed_set)
    found = read_reference(path)
    if found is None or found.seed_set != seed_set:
        return None
    if found.protocol_digest != protocol.digest:
        raise ResultError(
            path,
            f"It belongs to another version of {protocol.name}. Build it again with `erasebench "
            "reference build`.",
        )
    return found


@dataclass(frozen=True)
class References:
    """The references of a protocol; None where there is none.

    Attributes:
        base: gives ceilings.
        retrain: gives floors.
    """

    base: ReferenceFile | None = None
    retrain: ReferenceFile | None = None

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the content of each, hex, by role."""
        both = (self.base, self.retrain)
        return {one.role: one.digest for one in both if one is not None}


def references_of(
    protocol: Protocol, seed_set: str, folder: Path | None = REFERENCES
) -> References:
    """The references of a protocol for a seed set; none if `folder` is None.

    Raises:
        ResultError: if one cannot be read, or was made under another version of the protocol.
    """
    if folder is None:
        return References()
    return References(
        base=reference_of(protocol, seed_set, "base", folder),
        retrain=reference_of(protocol, seed_set, "retrain", folder),
    )
