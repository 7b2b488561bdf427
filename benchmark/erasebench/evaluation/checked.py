"""What the self-check of this set-up found, where one was made."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from erasebench.errors import RunFolderError
from erasebench.protocol import Protocol
from erasebench.results.result import Environment
from erasebench.results.selfcheck import Selfcheck

FOLDER = "selfcheck"
"""Folder of all self-checks in the user's cache."""


def report_path(protocol: Protocol, environment: Environment, cache: Path) -> Path:
    """Where the report of a protocol and set-up lies; threads and batch size are no part of it."""
    words = f"{protocol.digest} {environment.set_up.model_dump_json()}"
    digest = hashlib.sha256(words.encode()).hexdigest()
    return cache / FOLDER / f"{protocol.name}-{digest[:16]}.json"


def failed_probes(
    protocol: Protocol, environment: Environment, cache: Path
) -> tuple[str, ...] | None:
    """The probes that failed their check in a set-up; None where it was never checked.

    Raises:
        RunFolderError: if the report cannot be read.
    """
    path = report_path(protocol, environment, cache)
    if not path.exists():
        return None
    try:
        return Selfcheck.model_validate_json(path.read_text(encoding="utf-8")).failed
    except ValidationError as error:
        raise RunFolderError(
            path.parent,
            f"{path.name} cannot be read, or is of another version. Remove it, and run "
            "`erasebench selfcheck` again.",
        ) from error
