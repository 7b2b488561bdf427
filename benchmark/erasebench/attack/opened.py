"""An attack that is here and checked: everything that a replay asks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from erasebench.attack.manifest import AttackManifest, Embeddings
from erasebench.attack.manifest_file import (
    attack_id,
    check_attack,
    load_attack_manifest,
    protocol_of_attack,
)
from erasebench.attack.place import find_file
from erasebench.attack.rows import Rows, entry_of, read_rows
from erasebench.hub.models import base_of
from erasebench.protocol import Protocol
from erasebench.results.replay import Attack, Finder
from erasebench.submission.digest import combined, digest_in_file
from erasebench.submission.names import TOKEN_EMBEDDING


@dataclass(frozen=True)
class OpenedAttack:
    """An attack whose data was checked.

    Attributes:
        path: its manifest.
        manifest: its content.
        facts: what a replay says of it.
        protocol: of the rows that it attacks.
        rows: float32 (N, k, D), N being 1 or the protocol's prompt indices; None of prompts.
    """

    path: Path
    manifest: AttackManifest
    facts: Attack
    protocol: Protocol
    rows: Rows | None


def open_attack(path: Path, cache: Path, protocol: Protocol | None = None) -> OpenedAttack:
    """Reads an attack and all that it names.

    Args:
        path: its manifest.
        cache: the user's cache, for embeddings on the Hub.
        protocol: None for the one that the manifest names.

    Raises:
        ManifestError: if the manifest or its name does not hold what it must.
        CheckpointError: if the embeddings are not what they must be.
        HubError: if embeddings, or the base's headers, are to be fetched and cannot be.
    """
    identifier, manifest = attack_id(path), load_attack_manifest(path)
    if protocol is None:
        protocol = protocol_of_attack(path, manifest)
    else:
        check_attack(path, manifest, protocol)
    asked: object = manifest.prompts
    rows = None
    if manifest.embeddings is not None:
        rows, asked = _rows(path, manifest.embeddings, protocol, cache)
    words = json.dumps([protocol.name, manifest.concept, asked], ensure_ascii=False)
    facts = Attack(
        id=identifier,
        name=manifest.name,
        finder=Finder(name=manifest.finder.name, link=manifest.finder.link),
        paper=manifest.paper,
        code=manifest.code,
        kind="prompts" if rows is None else "embeddings",
        against=manifest.against,
        concept=manifest.concept,
        digest=hashlib.sha256(words.encode()).hexdigest(),
    )
    return OpenedAttack(path, manifest, facts, protocol, rows)


def _rows(
    path: Path, embeddings: Embeddings, protocol: Protocol, cache: Path
) -> tuple[Rows, object]:
    """The rows, and what identifies them with their template."""
    entry = entry_of(find_file(path, embeddings, cache))
    width = base_of(protocol).tensors[TOKEN_EMBEDDING].shape[1]
    rows = read_rows(entry, protocol.prompts, width)
    # Without its name in the file, or its other metadata: neither changes what is asked.
    return rows, {
        "template": embeddings.template,
        "tensor": combined([digest_in_file("rows", entry)]),
    }
