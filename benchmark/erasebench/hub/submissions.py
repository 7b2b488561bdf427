"""The folder of submitted manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from erasebench.hub.errors import ManifestError
from erasebench.hub.manifest_file import load_manifest

SUBMISSIONS: Final = Path("submissions")
"""The folder, from the repository's top."""


def handed_in(folder: Path) -> tuple[str, ...]:
    """Names of submitted manifests; templates with unpinned checkpoints do not count."""
    return tuple(path.stem for path in sorted(folder.glob("*.yaml")) if not _is_template(path))


def _is_template(path: Path) -> bool:
    try:
        return bool(load_manifest(path).unpinned)
    except ManifestError:
        # An invalid manifest is listed too; validation reports its faults.
        return False
