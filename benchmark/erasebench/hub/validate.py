"""Checks a manifest as far as possible without downloading weights."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from erasebench.errors import ErasebenchError
from erasebench.hub.address import Address
from erasebench.hub.checkpoint_argument import check_declared
from erasebench.hub.client import Commit
from erasebench.hub.errors import HubChangedError, HubError
from erasebench.hub.protocol_models import base_of
from erasebench.hub.resolve import looked_up
from erasebench.manifest.errors import Fault, ManifestError
from erasebench.manifest.manifest import Source
from erasebench.manifest.manifest_file import check_file_name, load_pinned_manifest, protocol_of
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.match import check_match


@dataclass(frozen=True)
class CheckedCheckpoint:
    """A valid checkpoint of a manifest.

    Attributes:
        concept: the erased concept.
        address: repository, commit and path.
        layout: form of the checkpoint.
        tensors: number of its tensors.
        size: bytes of its files.
    """

    concept: str
    address: str
    layout: str
    tensors: int
    size: int


def validate(path: Path, cache: Path) -> tuple[CheckedCheckpoint, ...]:
    """Checks a manifest and the headers of its checkpoints.

    Faults of all checkpoints are reported together.

    Args:
        path: the manifest.
        cache: the user's cache, for headers.

    Raises:
        ManifestError: if the file's name, a key, a concept or a checkpoint is invalid.
        UnpinnedError: if a checkpoint has no commit.
    """
    check_file_name(path)
    manifest = load_pinned_manifest(path)
    protocol = protocol_of(path, manifest)
    base = base_of(protocol)
    checked: list[CheckedCheckpoint] = []
    faults: list[Fault] = []
    for concept, source in manifest.checkpoints.items():
        try:
            protocol.concept(concept)
            checked.append(_check(concept, source, base, cache))
        except ErasebenchError as error:
            faults.append(Fault(f"checkpoints.{concept}: {error}"))
    if faults:
        raise ManifestError(path, *faults)
    return tuple(checked)


def _check(concept: str, source: Source, base: BaseTensors, cache: Path) -> CheckedCheckpoint:
    address = Address(source.repo, source.revision, source.path)
    with looked_up(address, cache) as (found, checkpoint):
        check_declared(source, checkpoint, concept)
        _check_files(source, found)
        check_match(checkpoint, base)
    return CheckedCheckpoint(
        concept, source.address, source.layout, len(checkpoint.tensors), source.size
    )


def _check_files(source: Source, found: Source) -> None:
    """Rejects files that differ between the Hub and the manifest."""
    commit = Commit(source.repo, source.revision)
    for name in sorted(source.files.keys() ^ found.files.keys()):
        raise HubError(
            commit.at(name),
            "The checkpoint needs this file, but `files` does not list it. Pin it again."
            if name in found.files
            else "`files` lists this file, but it does not belong to the checkpoint. Remove it.",
        )
    for name, wanted in sorted(source.files.items(), key=itemgetter(0)):
        there = found.files[name]
        if wanted != there:
            raise HubChangedError(
                commit.at(name),
                f"The file has {there.size} bytes and SHA-256 {there.sha256[:12]}…, but "
                f"{wanted.size} bytes and {wanted.sha256[:12]}… are pinned. Pin it again.",
            )
