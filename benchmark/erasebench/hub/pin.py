"""Writes manifests with everything that can be looked up; the rest is marked `fill in`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tqdm import tqdm

from erasebench.concepts import CONCEPTS
from erasebench.errors import ErasebenchError, RequestError
from erasebench.hub.address import CONCEPT, Address, expand, is_address, parse_address
from erasebench.hub.checkpoint_argument import check_declared, check_known
from erasebench.hub.errors import HubMissingError
from erasebench.hub.protocol_models import base_of, find_protocol
from erasebench.hub.resolve import looked_up
from erasebench.manifest.errors import Fault, ManifestError
from erasebench.manifest.manifest import FILL_IN, MANIFEST_SCHEMA, Manifest, Source
from erasebench.manifest.manifest_file import SUBMISSIONS, load_manifest, protocol_of
from erasebench.protocol import Protocol
from erasebench.submission.match import check_match


def pin(text: str, concepts: tuple[str, ...], protocol: Protocol | None, cache: Path) -> Manifest:
    """A manifest of the current commit of an address, or of several with `{concept}` in it.

    Args:
        text: an address; `{concept}` stands for every concept with such a checkpoint.
        concepts: erased concepts; empty for the one in the repository's name, or with `{concept}`
            for all.
        protocol: whose base was edited; None to detect it from the tensors.
        cache: the user's cache.

    Returns:
        The manifest; fields that only the author knows are marked `fill in`.

    Raises:
        RequestError: if the address is invalid, or the concept is unknown.
        HubError: if the Hub cannot be reached, or there is no checkpoint.
    """
    found: dict[str, Source] = {}
    wanted = _wanted(text, concepts, protocol)
    for concept, address in wanted.items():
        try:
            found[concept], protocol = _pinned(address, concept, protocol, cache)
        except HubMissingError as error:
            if CONCEPT not in text:
                raise
            tqdm.write(f"{concept}: skipped. {error}", file=sys.stderr)
    if not found or protocol is None:
        raise HubMissingError(
            text, f"No checkpoint found for any of {', '.join(wanted)}. Check the name."
        )
    # Not validated: `fill in` is not a valid value.
    return Manifest.model_construct(
        schema_version=MANIFEST_SCHEMA,
        name=manifest_path(text).stem.partition("__")[2],
        method=FILL_IN,
        licence=FILL_IN,
        contact=FILL_IN,
        base=protocol.name,
        checkpoints=found,
    )


def pin_again(path: Path, cache: Path) -> Manifest:
    """A manifest with its unpinned checkpoints looked up; pinned ones are unchanged.

    Raises:
        ManifestError: if it is invalid, or checkpoints cannot be pinned; lists all of them.
    """
    manifest = load_manifest(path)
    protocol = protocol_of(path, manifest)
    sources = dict(manifest.checkpoints)
    faults: list[Fault] = []
    for concept in manifest.unpinned:
        source = sources[concept]
        address = Address(source.repo, None, source.path)
        try:
            sources[concept], _ = _pinned(address, concept, protocol, cache, source)
        except ErasebenchError as error:
            faults.append(Fault(f"checkpoints.{concept}: {error}"))
    if faults:
        raise ManifestError(path, *faults)
    return manifest.model_copy(update={"checkpoints": sources})


def manifest_path(text: str) -> Path:
    """Path of the manifest of an address: `submissions/<organisation>__<name>.yaml`.

    Raises:
        RequestError: if the address is invalid.
    """
    left = re.sub(r"[._-]?\{concept\}[._-]?", "_", text).replace("/_", "/").rstrip("/_")
    # If the concept is the whole name of the repository, nothing is left without it.
    whole = text.replace(CONCEPT, "concepts")
    address = parse_address(left if is_address(left) else whole)
    return SUBMISSIONS / f"{address.name}.yaml"


def _wanted(text: str, concepts: tuple[str, ...], protocol: Protocol | None) -> dict[str, Address]:
    """The addresses to look up, by concept."""
    check_known(concepts, protocol)
    known = protocol.concepts if protocol else tuple(CONCEPTS)
    if CONCEPT in text:
        return expand(text, concepts or known)
    address = parse_address(text)
    names = concepts or ((address.concept,) if address.concept else ())
    if not names:
        raise RequestError(
            f"The erased concept of {address} is unknown. Name it with --concept, one of: "
            f"{', '.join(known)}."
        )
    return dict.fromkeys(names, address)


def _pinned(
    address: Address,
    concept: str,
    protocol: Protocol | None,
    cache: Path,
    declared: Source | None = None,
) -> tuple[Source, Protocol]:
    """The current commit of an address, and the protocol whose base it edits."""
    with looked_up(address, cache) as (source, checkpoint):
        check_declared(declared or source, checkpoint, concept)
        if protocol is None:
            return source, find_protocol(checkpoint)
        check_match(checkpoint, base_of(protocol))
        return source, protocol
