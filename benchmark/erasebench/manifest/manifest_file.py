"""Files of manifests, read strictly: each fault with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from erasebench.disk import replace_file
from erasebench.errors import UnknownNameError, quoted
from erasebench.manifest.errors import Fault, ManifestError, UnpinnedError
from erasebench.manifest.manifest import Manifest
from erasebench.manifest.strict_model import read_model
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.result import Declaration

SUBMISSIONS: Final = Path("submissions")
"""The folder of submitted manifests, from the repository's top."""

SUFFIXES = (".yaml", ".yml")
"""Endings of manifest files; in `submissions/` only the first."""

_FILE_NAME = (
    r"[A-Za-z0-9](?:[A-Za-z0-9.-]|_(?!_))*__[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.yaml"
)

_HEADER = """\
# A submission to erasebench. Replace every "fill in", then run `erasebench validate` on this file.
# Optional: paper and code (https://...), training_data (text), cost (hardware, hours).
"""


def load_manifest(path: Path) -> Manifest:
    """Reads a manifest.

    Args:
        path: the file, of any name; see `check_file_name`.

    Raises:
        ManifestError: if it is not plain YAML, or a key is missing, unknown or invalid; lists every
            fault with its line.
    """
    return read_model(path, Manifest)


def load_pinned_manifest(path: Path) -> Manifest:
    """Reads a pinned manifest.

    Raises:
        ManifestError: see `load_manifest`.
        UnpinnedError: if a checkpoint has no commit.
    """
    manifest = load_manifest(path)
    if manifest.unpinned:
        raise UnpinnedError(path, manifest.unpinned)
    return manifest


def protocol_of(path: Path, manifest: Manifest) -> Protocol:
    """The protocol in a manifest.

    Args:
        path: the manifest's file, for messages.
        manifest: its content.

    Raises:
        ManifestError: if there is no such protocol.
    """
    return protocol_in(path, "base", manifest.base)


def protocol_in(
    path: Path, field: str, name: str, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> Protocol:
    """The protocol that a field of a manifest names.

    Raises:
        ManifestError: if there is no such protocol.
    """
    if name not in protocols:
        error = UnknownNameError("protocol", name, tuple(protocols))
        raise ManifestError(path, Fault(f"{field}: {error}"))
    return protocols[name]


def check_file_name(path: Path) -> None:
    """Rejects an invalid file name for `submissions/`.

    Raises:
        ManifestError: if it is not `<organisation>__<name>.yaml`.
    """
    if re.fullmatch(_FILE_NAME, path.name) is None:
        raise ManifestError(
            path,
            Fault(
                f"the file name is {quoted(path.name)}; it must be <organisation>__<name>.yaml, "
                "with letters, digits and ._- and one double underscore after the organisation. "
                "Rename the file."
            ),
        )


def manifest_text(manifest: Manifest) -> str:
    """The YAML of a manifest: keys in the order of the schema, after a header with instructions."""
    content = manifest.model_dump(mode="json", exclude_defaults=True)
    return _HEADER + yaml.safe_dump(content, sort_keys=False, width=1_000)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Writes a manifest durably.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    replace_file(path, manifest_text(manifest).encode())


def declaration_of(manifest: Manifest) -> Declaration:
    """The declarations of a manifest, without the contact."""
    declared = {"name", "method", "paper", "code", "licence", "training_data"}
    cost = {} if manifest.cost is None else manifest.cost.model_dump()
    return Declaration(**manifest.model_dump(include=declared), **cost)


def submitted_names(folder: Path) -> tuple[str, ...]:
    """Names of submitted manifests, without templates (unpinned) and without subfolders."""
    return tuple(path.stem for path in sorted(folder.glob("*.yaml")) if not _is_template(path))


def _is_template(path: Path) -> bool:
    try:
        return bool(load_manifest(path).unpinned)
    except ManifestError:
        # An invalid manifest is listed too; validation reports its faults.
        return False
