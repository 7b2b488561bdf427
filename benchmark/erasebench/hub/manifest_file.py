"""Manifest files: read strictly, each fault with its line; written canonically."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from erasebench.disk import replace_file
from erasebench.errors import UnknownNameError, quoted
from erasebench.hub.errors import Fault, ManifestError, UnpinnedError
from erasebench.hub.manifest import FILL_IN, Cost, Manifest, PinnedFile, Source
from erasebench.hub.strict_yaml import Document, Key, read_yaml
from erasebench.protocol import Protocol, protocol_named

SUFFIXES = (".yaml", ".yml")
"""How manifests' names end; those in `submissions/` with the first."""

_FILE_NAME = (
    r"[A-Za-z0-9](?:[A-Za-z0-9.-]|_(?!_))*__[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.yaml"
)

_HEADER = """\
# A submission to erasebench. Fill in what says so, and run `erasebench validate` on this file.
# You may add: paper, code (addresses that begin with https://), training_data (words), and
# cost (hardware, hours).
"""


def load_manifest(path: Path) -> Manifest:
    """Reads a manifest.

    Args:
        path: the file, of any name; `check_file_name` asks for more.

    Raises:
        ManifestError: if it is no plain YAML, or a key is missing, unknown or holds what it must
            not; names every fault with its line.
    """
    document = read_yaml(path)
    if not isinstance(document.content, dict):
        raise ManifestError(
            path, Fault("it must be a mapping: `schema_version: 1`, `name: …` and so on.", 1)
        )
    faults = [
        Fault(f"{_dotted(key)} is still to be filled in: {_meaning(key)}", line)
        for key, line in document.lines.items()
        if _at(document, key) == FILL_IN
    ]
    if faults:
        raise ManifestError(path, *faults)
    try:
        return Manifest.model_validate(document.content)
    except ValidationError as error:
        found = [_fault(one, document) for one in error.errors(include_url=False)]
        raise ManifestError(path, *sorted(found, key=lambda fault: fault.line or 0)) from error


def load_pinned_manifest(path: Path) -> Manifest:
    """Reads a manifest that can be fetched.

    Raises:
        ManifestError: see `load_manifest`.
        UnpinnedError: if a checkpoint names no commit.
    """
    manifest = load_manifest(path)
    if manifest.unpinned:
        raise UnpinnedError(path, manifest.unpinned)
    return manifest


def protocol_of(path: Path, manifest: Manifest) -> Protocol:
    """The protocol whose base a manifest names.

    Args:
        path: the manifest's file, for messages.
        manifest: its content.

    Raises:
        ManifestError: if there is no such protocol.
    """
    try:
        return protocol_named(manifest.base)
    except UnknownNameError as error:
        raise ManifestError(path, Fault(f"base: {error}")) from error


def check_file_name(path: Path) -> None:
    """Refuses a name that a file in `submissions/` may not have.

    Raises:
        ManifestError: if it is not `<organisation>__<name>.yaml`.
    """
    if re.fullmatch(_FILE_NAME, path.name) is None:
        raise ManifestError(
            path,
            Fault(
                f"its name is {quoted(path.name)}; it must be <organisation>__<name>.yaml, of "
                "letters, digits and ._- with one double underscore after the organisation. "
                "Rename it."
            ),
        )


def manifest_text(manifest: Manifest) -> str:
    """The YAML of a manifest: keys in the order of the schema, a header that says what to do."""
    content = manifest.model_dump(mode="json", exclude_defaults=True)
    return _HEADER + yaml.safe_dump(content, sort_keys=False, width=1_000)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Writes a manifest durably.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    replace_file(path, manifest_text(manifest).encode())


def _at(document: Document, key: Key) -> object:
    found: Any = document.content
    for step in key:
        found = found[step]
    return found


def _fault(error: Mapping[str, Any], document: Document) -> Fault:
    """One of pydantic's findings in our words."""
    key: Key = tuple(step for step in error["loc"] if step != "[key]")
    line = document.line(key)
    match error["type"]:
        case "missing":
            return Fault(f"{_dotted(key)} is missing: {_meaning(key)}", line)
        case "extra_forbidden":
            known = tuple(_model(key[:-1]).model_fields)
            near = next(iter(difflib.get_close_matches(str(key[-1]), known, n=1)), None)
            hint = f"Did you mean {near}? " if near else ""
            return Fault(
                f"{quoted(_dotted(key))} is no key of a manifest. {hint}"
                f"Known here: {', '.join(known)}.",
                line,
            )
        case "value_error":
            return Fault(f"{_named(key)}{error['ctx']['error']}.", line)
        case _:
            said = f"{error['msg'][0].lower()}{error['msg'][1:]}"
            found = quoted(error["input"])
            return Fault(f"{_named(key)}found {found}: {said}. {_meaning(key)}", line)


def _model(key: Key) -> type[BaseModel]:
    """The part of the schema whose fields a mapping at a key holds."""
    match key:
        case ("cost",):
            return Cost
        case ("checkpoints", _):
            return Source
        case ("checkpoints", _, "files", _):
            return PinnedFile
        case _:
            return Manifest


def _meaning(key: Key) -> str:
    """What the schema says of a key; nothing where it is no field."""
    field = _model(key[:-1]).model_fields.get(str(key[-1])) if key else None
    return (field.description or "") if field else ""


def _dotted(key: Key) -> str:
    """Something's place in words, in one short line whatever its keys are."""
    name = ".".join(map(str, key))
    return name if name.isprintable() and len(name) <= 160 else quoted(name)


def _named(key: Key) -> str:
    return f"{_dotted(key)}: " if key else ""
