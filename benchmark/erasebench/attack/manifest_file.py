"""Reads manifests of attacks strictly, each fault with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from erasebench.attack.manifest import AttackManifest
from erasebench.attack.replay_result import ATTACK_ID
from erasebench.errors import quoted
from erasebench.manifest.errors import Fault, ManifestError
from erasebench.manifest.manifest_file import protocol_in
from erasebench.manifest.strict_model import read_model
from erasebench.protocol import PROTOCOLS, Protocol

_FILE_NAME = rf"({ATTACK_ID})\.yaml"


def load_attack_manifest(path: Path) -> AttackManifest:
    """Reads an attack's manifest.

    Raises:
        ManifestError: if it is not plain YAML, or a key is missing, unknown or invalid; lists every
            fault with its line.
    """
    return read_model(path, AttackManifest)


def attack_id(path: Path) -> str:
    """The id of an attack: the name of its manifest without the ending.

    Raises:
        ManifestError: if the file name is invalid.
    """
    found = re.fullmatch(_FILE_NAME, path.name)
    if found is None:
        raise ManifestError(
            path,
            Fault(
                f"the file name is {quoted(path.name)}; it must be <name>.yaml, with up to 64 "
                "lower-case letters, digits, - and _, starting with a letter or digit. Rename it."
            ),
        )
    return found[1]


def protocol_of_attack(
    path: Path, manifest: AttackManifest, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> Protocol:
    """The protocol of an attack, after checking its concept and prompts.

    Raises:
        ManifestError: if the protocol is unknown, does not rank the concept, or has another number
            of prompt indices than the attack has prompts.
    """
    protocol = protocol_in(path, "protocol", manifest.protocol, protocols)
    if manifest.concept not in protocol.ranked:
        raise ManifestError(
            path,
            Fault(
                f"concept: {manifest.concept} is not ranked under {protocol.name}. Choose from: "
                f"{', '.join(protocol.ranked)}."
            ),
        )
    count = 1 if manifest.prompts is None else len(manifest.prompts)
    if count not in (1, protocol.prompts):
        raise ManifestError(
            path,
            Fault(
                f"prompts: {count} given; {protocol.name} needs 1, for all prompt indices, or "
                f"{protocol.prompts}, one for each."
            ),
        )
    return protocol
