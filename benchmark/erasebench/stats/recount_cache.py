"""Remembers which result files were recounted, so that only what has changed is recounted.

An entry confirms that the estimates of a file follow from its outcomes. Its name and its content
are one digest of the file, the counting code and the references. A change in any of them, or a
damaged entry, leads to a recount.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np

from erasebench.disk import replace_file
from erasebench.errors import DiskFullError, UnwritableError
from erasebench.protocol import PROTOCOLS, Protocol
from erasebench.results.file import load_result
from erasebench.results.reference import REFERENCES, Role, reference_path
from erasebench.results.result import Result
from erasebench.stats.recount import check_figures

FOLDER = "recounts"
"""Folder of all entries in the user's cache."""

PACKAGE = Path(__file__).parents[1]

COUNTING = ("stats/**/*.py", "results/**/*.py", "protocol/**/*.py", "*.py")
"""Sources that estimates depend on, in the package."""


def load_counted(
    path: Path, protocols: Mapping[str, Protocol] = PROTOCOLS, cache: Path | None = None
) -> Result:
    """Reads a result, and recounts it where that was not done before.

    Args:
        path: the file.
        protocols: those whose results can be read, by name.
        cache: holds the entries; None to recount in any case. Where it cannot be read or written,
            the result is recounted.

    Raises:
        ResultError: see `load_result` and `check_figures`.
    """
    content = None if cache is None else _digest_of(path)
    result = load_result(path, protocols)
    protocol = protocols[result.protocol]
    key = None if content is None else recount_key(content, protocol, result.seed_set)
    entry = None if cache is None or key is None else cache / FOLDER / key
    if entry is not None:
        with suppress(OSError):
            if entry.read_bytes() == entry.name.encode():
                return result
    check_figures(path, result, protocol)
    # A file that was replaced meanwhile is not the one that was recounted.
    if entry is not None and _digest_of(path) == content:
        with suppress(DiskFullError, UnwritableError, OSError):
            replace_file(entry, entry.name.encode())
    return result


def recount_key(
    content: str,
    protocol: Protocol,
    seed_set: str,
    package: Path = PACKAGE,
    references: Path = REFERENCES,
) -> str | None:
    """SHA-256 of all that a recount depends on, hex; None where the package has no sources.

    Args:
        content: SHA-256 of the result's file, hex.
        protocol: which it was made under.
        seed_set: name of its seed set.
        package: folder of the package, whose sources count.
        references: folder of all references.
    """
    code = _code_digest(package)
    if code is None:
        return None
    paths = (reference_path(protocol.name, role, references, seed_set) for role in get_args(Role))
    stored = [_digest_of(one) or "none" for one in paths]
    parts = [content, protocol.digest, code, np.__version__, *stored]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


@lru_cache(maxsize=4)
def _code_digest(package: Path) -> str | None:
    """SHA-256 of the counting code, hex; None where there are no sources."""
    sources = sorted(path for pattern in COUNTING for path in package.glob(pattern))
    digests = [f"{path.relative_to(package)} {_digest_of(path)}" for path in sources]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest() if sources else None


def _digest_of(path: Path) -> str | None:
    """SHA-256 of a file, hex; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
