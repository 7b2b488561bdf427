"""Files of attacks' manifests, read strictly: each fault with its line."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from erasebench.attack.manifest import AttackManifest, Credit, Embeddings
from erasebench.errors import UnknownNameError, quoted
from erasebench.hub.errors import Fault, ManifestError
from erasebench.hub.strict_model import read_model
from erasebench.hub.strict_yaml import Key
from erasebench.protocol import Protocol, protocol_named
from erasebench.results.replay import ATTACK_ID

_FILE_NAME = rf"({ATTACK_ID})\.yaml"


def load_attack_manifest(path: Path) -> AttackManifest:
    """Reads an attack's manifest.

    Raises:
        ManifestError: if it is no plain YAML, or a key is missing, unknown or holds what it must
            not; names every fault with its line.
    """
    return read_model(path, AttackManifest, _part_at)


def attack_id(path: Path) -> str:
    """What an attack is called in paths: the name of its manifest without the ending.

    Raises:
        ManifestError: if the file may not be called so.
    """
    found = re.fullmatch(_FILE_NAME, path.name)
    if found is None:
        raise ManifestError(
            path,
            Fault(
                f"its name is {quoted(path.name)}; it must be <name>.yaml, of up to 64 small "
                "letters, digits, - and _, with a letter or digit first. Rename it."
            ),
        )
    return found[1]


def protocol_of_attack(path: Path, manifest: AttackManifest) -> Protocol:
    """The protocol that an attack is made for, once concept and prompts are found to be its.

    Raises:
        ManifestError: if there is no such protocol, it does not rank the concept, or has another
            number of prompt indices than there are prompts.
    """
    try:
        protocol = protocol_named(manifest.protocol)
    except UnknownNameError as error:
        raise ManifestError(path, Fault(f"protocol: {error}")) from error
    check_attack(path, manifest, protocol)
    return protocol


def check_attack(path: Path, manifest: AttackManifest, protocol: Protocol) -> None:
    """Refuses what a protocol cannot be asked.

    Raises:
        ManifestError: see `protocol_of_attack`.
    """
    if manifest.concept not in protocol.ranked:
        raise ManifestError(
            path,
            Fault(
                f"concept: {manifest.concept} does not rank under {protocol.name}, and has no "
                f"robustness to stand beside. Those that do: {', '.join(protocol.ranked)}."
            ),
        )
    count = 1 if manifest.prompts is None else len(manifest.prompts)
    if count not in (1, protocol.prompts):
        raise ManifestError(
            path,
            Fault(
                f"prompts: there are {count}; {protocol.name} takes 1, for all prompt indices, or "
                f"{protocol.prompts}, one for each."
            ),
        )


def _part_at(key: Key) -> type[BaseModel]:
    """The part of the schema whose fields a mapping at a key holds."""
    match key:
        case ("finder",):
            return Credit
        case ("embeddings",):
            return Embeddings
        case _:
            return AttackManifest
