"""A site on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.board.assets import site_folder
from erasebench.board.entries import read_entries
from erasebench.board.render import render_site
from erasebench.errors import RunFolderError
from erasebench.protocol import PROTOCOLS, Protocol

MANIFEST = "files.json"
"""Lists every file of a site with its SHA-256, and marks a folder as one that may be rebuilt."""


@dataclass(frozen=True)
class Site:
    """A site that was written.

    Attributes:
        index: its front page.
        submissions: results shown.
        files: files written, the manifest left out.
    """

    index: Path
    submissions: int
    files: int


def build_site(
    results: Sequence[Path], output: Path, protocols: Mapping[str, Protocol] = PROTOCOLS
) -> Site:
    """Renders results as a site of static pages.

    The same results give the same bytes, and what an earlier build left and this one does not
    write is removed.

    Args:
        results: leaderboards and folders of runs.
        output: a folder that is new, empty, or holds an earlier build.
        protocols: those whose results can be read, by name.

    Raises:
        ResultError: if a file does not hold what it must.
        RunFolderError: if the output folder holds anything else.
    """
    entries = read_entries(results, protocols)
    files = render_site(entries, site_folder())
    _write(output, files)
    return Site(output / "index.html", len(entries), len(files))


def _write(output: Path, files: Mapping[str, bytes]) -> None:
    manifest = output / MANIFEST
    if manifest.exists():
        for name in json.loads(manifest.read_text(encoding="utf-8")).keys() - files.keys():
            (output / name).unlink(missing_ok=True)
    elif output.exists() and any(output.iterdir()):
        raise RunFolderError(
            output,
            "It holds files that are no site of ours. Give a new or an empty folder with --output.",
        )
    for name, content in files.items():
        path = output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest.write_text(json.dumps(digests, indent=2, sort_keys=True) + "\n", encoding="utf-8")
