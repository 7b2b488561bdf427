"""Opens an attack: manifest and embeddings, checked."""

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
    """A checked attack.

    Attributes:
        path: its manifest.
        manifest: its content.
        facts: recorded in a replay.
        protocol: of the attacked entries.
        rows: token embeddings, float32 (N, k, D), with N = 1 or the number of prompt indices; None
            for prompts.
    """

    path: Path
    manifest: AttackManifest
    facts: Attack
    protocol: Protocol
    rows: Rows | None


def open_attack(path: Path, cache: Path, protocol: Protocol | None = None) -> OpenedAttack:
    """Reads an attack and its embeddings.

    Args:
        path: its manifest.
        cache: the user's cache, for embeddings on the Hub.
        protocol: None for the one in the manifest.

    Raises:
        ManifestError: if the manifest or its file name is invalid.
        CheckpointError: if the embeddings are invalid.
        HubError: if embeddings or the base's headers cannot be downloaded.
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
    """The embeddings, and what identifies them together with their template."""
    entry = entry_of(find_file(path, embeddings, cache))
    width = base_of(protocol).tensors[TOKEN_EMBEDDING].shape[1]
    rows = read_rows(entry, protocol.prompts, width)
    # Without the tensor's name and other metadata, which do not affect generation.
    return rows, {
        "template": embeddings.template,
        "tensor": combined([digest_in_file("rows", entry)]),
    }
