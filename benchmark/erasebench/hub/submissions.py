"""The folder of all manifests, and what was handed in there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from erasebench.hub.errors import ManifestError
from erasebench.hub.manifest_file import load_manifest

SUBMISSIONS: Final = Path("submissions")
"""The folder, from the repository's top."""


def handed_in(folder: Path) -> tuple[str, ...]:
    """Names of manifests; a template, whose checkpoints nobody has pinned, was not handed in."""
    return tuple(path.stem for path in sorted(folder.glob("*.yaml")) if not _is_template(path))


def _is_template(path: Path) -> bool:
    try:
        return bool(load_manifest(path).unpinned)
    except ManifestError:
        # What is wrong with it is told to whoever handed it in; it is listed all the same.
        return False
