"""Reads the checkpoint argument of a command: a path, a Hub repository or a manifest."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erasebench.concepts import CONCEPTS
from erasebench.errors import RequestError, UnknownNameError, quoted
from erasebench.hub.address import Address, is_address, parse_address
from erasebench.hub.errors import HubError
from erasebench.hub.fetch import fetch
from erasebench.hub.resolve import resolve
from erasebench.manifest.manifest import Manifest, Source
from erasebench.manifest.manifest_file import (
    SUFFIXES,
    declaration_of,
    load_pinned_manifest,
    protocol_of,
)
from erasebench.protocol import Protocol
from erasebench.results.result import Declaration
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.match import check_match


@dataclass(frozen=True)
class CheckpointArgument:
    """A checkpoint on this machine.

    Attributes:
        path: its file or folder.
        concepts: its erased concepts, as far as known.
        name: of the checkpoint and its run, from the manifest (with the concept if there are
            several checkpoints) or the address; None for the name of its file or folder.
        address: where it was downloaded from, with its commit; None for a local file.
        submission: name of its manifest; None without one.
        base: protocol in the manifest; None without one.
        declared: declarations in the manifest; None without one.
    """

    path: Path
    concepts: tuple[str, ...]
    name: str | None = None
    address: str | None = None
    submission: str | None = None
    base: Protocol | None = None
    declared: Declaration | None = None


def fetch_checkpoint_argument(
    text: str, concepts: tuple[str, ...], cache: Path
) -> tuple[CheckpointArgument, ...]:
    """Downloads the checkpoints of a manifest or an address.

    Args:
        text: the path of a manifest, or an address.
        concepts: with a manifest, the checkpoints to download; empty for all. With an address, the
            erased concepts; empty for the one in the repository's name.
        cache: the user's cache.

    Returns:
        One per checkpoint: with its concept from the manifest, or those known of an address.

    Raises:
        ManifestError: if the manifest is invalid or not pinned.
        RequestError: if a concept is not in the manifest, or the address is invalid.
        UnknownNameError: if a concept is unknown.
        CheckpointError: if a checkpoint is not an edit of the manifest's base.
        HubError: if a download fails, or a checkpoint disagrees with the manifest.
    """
    if text.endswith(SUFFIXES):
        path = Path(text)
        manifest = load_pinned_manifest(path)
        protocol = protocol_of(path, manifest)
        several = len(manifest.checkpoints) > 1
        return tuple(
            CheckpointArgument(
                path=_fetched(source, concept, protocol, cache),
                concepts=(concept,),
                name=f"{path.stem}_{concept}" if several else path.stem,
                address=source.address,
                submission=path.stem,
                base=protocol,
                declared=declaration_of(manifest),
            )
            for concept, source in _chosen(path, manifest, concepts).items()
        )
    check_known(concepts)
    address = parse_address(text)
    source = resolve(address, cache)
    named = (address.concept,) if address.concept else ()
    name = Address(address.repo, None, address.path).name
    return (CheckpointArgument(fetch(source, cache), concepts or named, name, source.address),)


def read_checkpoint_argument(
    text: str, concepts: tuple[str, ...], cache: Path
) -> tuple[CheckpointArgument, ...]:
    """The checkpoints that a text names, downloaded if needed.

    Local files come first: a path ending as a manifest, then any path that exists.

    Args:
        text: a path, the path of a manifest, or an address.
        concepts: erased concepts, if given; with a manifest, only their checkpoints are used.
        cache: the user's cache.

    Returns:
        One per checkpoint of a manifest; else one.

    Raises:
        ManifestError, RequestError, HubError: see `fetch_checkpoint_argument`.
    """
    path = Path(text)
    if text.endswith(SUFFIXES):
        return fetch_checkpoint_argument(text, concepts, cache)
    if path.exists() or not is_address(text):
        return (CheckpointArgument(path, concepts),)
    tqdm.write(f"No local file {text}; trying the Hugging Face Hub.", file=sys.stderr)
    return fetch_checkpoint_argument(text, concepts, cache)


def _fetched(source: Source, concept: str, protocol: Protocol, cache: Path) -> Path:
    """Downloads a manifest's checkpoint, and rejects one that disagrees with the manifest."""
    path = fetch(source, cache)
    checkpoint = open_checkpoint(path)
    check_declared(source, checkpoint, concept)
    # If the base is not downloaded yet, they are compared later.
    if protocol.base.is_here:
        check_match(checkpoint, open_base(protocol))
    return path


def _chosen(path: Path, manifest: Manifest, concepts: tuple[str, ...]) -> dict[str, Source]:
    """A manifest's checkpoints, of the given concepts or all."""
    unknown = [name for name in concepts if name not in manifest.checkpoints]
    if unknown:
        raise RequestError(
            f"{path} has no checkpoint for {', '.join(unknown)}. Choose --concept from: "
            f"{', '.join(manifest.checkpoints)}."
        )
    return {name: manifest.checkpoints[name] for name in concepts or manifest.checkpoints}


def check_known(concepts: Iterable[str], protocol: Protocol | None = None) -> None:
    """Rejects unknown concepts: those that the protocol, or without one the package, lacks.

    Raises:
        UnknownNameError: names the first.
    """
    known = tuple(CONCEPTS) if protocol is None else protocol.concepts
    for name in concepts:
        if name not in known:
            raise UnknownNameError("concept", name, known)


def agreed_protocol(
    name: str, declared: Protocol | None, wanted: Protocol | None
) -> Protocol | None:
    """The protocol that a manifest or an option names; None if neither does.

    Args:
        name: of the manifest, for the message.
        declared: the protocol whose base the manifest names.
        wanted: the protocol of the option.

    Raises:
        RequestError: if the two differ.
    """
    if declared is not None and wanted is not None and wanted != declared:
        raise RequestError(
            f"{name} is for {declared.name}, but --protocol is {wanted.name}. Leave out --protocol."
        )
    return declared or wanted


def check_declared(declared: Source, checkpoint: Checkpoint, concept: str) -> None:
    """Rejects a checkpoint whose layout or concept differs from its manifest.

    Args:
        declared: the checkpoint in the manifest.
        checkpoint: known by its headers.
        concept: the concept in the manifest; a diff's card may also name none.

    Raises:
        HubError: if they differ.
    """
    if checkpoint.layout != declared.layout:
        raise HubError(
            declared.address,
            f"The layout is {checkpoint.layout}, but the manifest says {declared.layout}. Correct "
            "`layout`.",
        )
    if checkpoint.concept not in {None, concept}:
        raise HubError(
            declared.address,
            f"The diff's card says {quoted(checkpoint.concept)}, but the checkpoint is listed for "
            f"{concept}. List it for the card's concept, or make the diff again.",
        )
