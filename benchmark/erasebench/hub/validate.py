"""Whether a manifest can be evaluated: all that can be known without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import ErasebenchError
from erasebench.hub.address import Address
from erasebench.hub.agreement import check_concept, check_layout
from erasebench.hub.cache import shelf
from erasebench.hub.client import find_commit
from erasebench.hub.errors import Fault, HubChangedError, HubError, ManifestError
from erasebench.hub.manifest import Source
from erasebench.hub.manifest_file import check_file_name, load_pinned_manifest, protocol_of
from erasebench.hub.models import base_of
from erasebench.hub.refusals import told_of
from erasebench.hub.resolve import look_up
from erasebench.submission.base import BaseTensors
from erasebench.submission.match import check_match


@dataclass(frozen=True)
class Checked:
    """A checkpoint that was found to be as the manifest says.

    Attributes:
        concept: what was erased.
        address: where it is.
        layout: how it is given.
        tensors: number of its tensors.
        size: bytes of its files.
    """

    concept: str
    address: str
    layout: str
    tensors: int
    size: int


def validate(path: Path, cache: Path) -> tuple[Checked, ...]:
    """Checks a manifest and, by their headers, the checkpoints that it names.

    Every checkpoint is looked at; the faults of all are told together.

    Args:
        path: the manifest.
        cache: the user's cache; headers lie in it as long as they are looked at.

    Raises:
        ManifestError: if the file's name, a key, a concept or a checkpoint is not as it must be.
        UnpinnedError: if a checkpoint names no commit.
    """
    check_file_name(path)
    manifest = load_pinned_manifest(path)
    protocol = protocol_of(path, manifest)
    base = base_of(protocol)
    checked: list[Checked] = []
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


def _check(concept: str, source: Source, base: BaseTensors, cache: Path) -> Checked:
    commit = find_commit(source.repo, source.revision)
    place = shelf(cache, source.repo, commit)
    with place.held():
        address = Address(source.repo, commit, source.path)
        found, checkpoint = look_up(address, commit, place)
        _compare(source, found)
        check_concept(source.address, checkpoint, concept)
        with told_of(source.repo, commit, place):
            check_match(checkpoint, base)
    return Checked(concept, source.address, source.layout, len(checkpoint.tensors), source.size)


def _compare(source: Source, found: Source) -> None:
    """Refuses what is not on the Hub as it is in the manifest."""
    check_layout(source.address, found.layout, source.layout)
    for name in sorted(source.files.keys() | found.files.keys()):
        wanted, there = source.files.get(name), found.files.get(name)
        if wanted == there:
            continue
        place = f"{source.repo}@{source.revision}/{name}"
        if wanted is None:
            raise HubError(place, "The checkpoint needs this file, and files does not name it.")
        if there is None:
            raise HubError(place, "files names it, and it is no part of the checkpoint.")
        raise HubChangedError(
            place,
            f"It has {there.size} bytes and SHA-256 {there.sha256[:12]}…, and {wanted.size} bytes "
            f"and {wanted.sha256[:12]}… are pinned. Pin it again if the new file is meant.",
        )
