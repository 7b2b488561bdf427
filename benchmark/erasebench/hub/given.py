"""What a command is given to evaluate: a place on this machine, a manifest, or an address."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erasebench.concepts import CONCEPTS
from erasebench.errors import RequestError, UnknownNameError
from erasebench.hub.address import Address, is_address, parse_address
from erasebench.hub.agreement import check_concept, check_layout
from erasebench.hub.declared import declaration_of
from erasebench.hub.fetch import fetch
from erasebench.hub.manifest import Manifest, Source
from erasebench.hub.manifest_file import SUFFIXES, load_pinned_manifest, protocol_of
from erasebench.hub.resolve import resolve
from erasebench.protocol import Protocol
from erasebench.results.declaration import Declaration
from erasebench.submission.base import open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.match import check_match


@dataclass(frozen=True)
class Given:
    """A checkpoint that is on this machine.

    Attributes:
        path: its file or folder.
        concepts: what it has erased, as far as who named it said.
        name: what to call it, and its run: after the manifest, with the concept where that has
            several checkpoints, or after the address; None for what its file or folder is called.
        address: where it was fetched from, with its commit; None where it was here.
        submission: the manifest that names it, by its file's name; None where no manifest does.
        base: the protocol whose base the manifest says was edited; None where no manifest does.
        declared: what the manifest says of itself; None where there is none.
    """

    path: Path
    concepts: tuple[str, ...]
    name: str | None = None
    address: str | None = None
    submission: str | None = None
    base: Protocol | None = None
    declared: Declaration | None = None


def fetched(text: str, concepts: tuple[str, ...], cache: Path) -> tuple[Given, ...]:
    """Fetches all that a manifest or an address names.

    Args:
        text: the path of a manifest, or an address.
        concepts: those of a manifest's checkpoints that are wanted; none for all. With an address,
            what was erased; none for what the repository's name names.
        cache: the user's cache.

    Returns:
        One for each checkpoint: of a manifest with its one concept, of an address with those that
        are known.

    Raises:
        ManifestError: if the manifest cannot be read or is not pinned.
        RequestError: if a concept is not in the manifest, or the text is no address.
        UnknownNameError: if there is no such concept.
        CheckpointError: if what a manifest names is no edit of its base.
        HubError: if something cannot be fetched, or is not what the manifest says.
    """
    if text.endswith(SUFFIXES):
        path = Path(text)
        manifest = load_pinned_manifest(path)
        protocol = protocol_of(path, manifest)
        several = len(manifest.checkpoints) > 1
        return tuple(
            Given(
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
    unknown = next((name for name in concepts if name not in CONCEPTS), None)
    if unknown is not None:
        raise UnknownNameError("concept", unknown, tuple(CONCEPTS))
    address = parse_address(text)
    source = resolve(address, cache)
    named = (address.concept,) if address.concept else ()
    name = Address(address.repo, None, address.path).name
    return (Given(fetch(source, cache), concepts or named, name, source.address),)


def given(text: str, concepts: tuple[str, ...], cache: Path) -> tuple[Given, ...]:
    """The checkpoints that a text names, fetched where they are not on this machine.

    What is on this machine is taken first: a path that exists, then a manifest, by its ending.

    Args:
        text: a path, the path of a manifest, or an address.
        concepts: erased concepts, where the user named some; of a manifest only their checkpoints
            are meant.
        cache: the user's cache.

    Returns:
        One for each checkpoint of a manifest; else one.

    Raises:
        ManifestError, RequestError, HubError: see `fetched`.
    """
    path = Path(text)
    if text.endswith(SUFFIXES):
        return fetched(text, concepts, cache)
    if path.exists() or not is_address(text):
        return (Given(path, concepts),)
    tqdm.write(
        f"There is no {text} here; it is taken for a repository on the Hub.", file=sys.stderr
    )
    return fetched(text, concepts, cache)


def _fetched(source: Source, concept: str, protocol: Protocol, cache: Path) -> Path:
    """Fetches a manifest's checkpoint, and refuses one that is not what the manifest says."""
    path = fetch(source, cache)
    checkpoint = open_checkpoint(path)
    check_layout(source.address, checkpoint.layout, source.layout)
    check_concept(source.address, checkpoint, concept)
    # Against a base that was not fetched it is compared once that is here.
    if protocol.base.is_here:
        check_match(checkpoint, open_base(protocol))
    return path


def _chosen(path: Path, manifest: Manifest, concepts: tuple[str, ...]) -> dict[str, Source]:
    """A manifest's checkpoints, those of some concepts or all."""
    unknown = [name for name in concepts if name not in manifest.checkpoints]
    if unknown:
        raise RequestError(
            f"{path} names no checkpoint for {', '.join(unknown)}; it has "
            f"{', '.join(manifest.checkpoints)}."
        )
    return {name: manifest.checkpoints[name] for name in concepts or manifest.checkpoints}
