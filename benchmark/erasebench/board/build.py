"""A site on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.board.assets import site_folder
from erasebench.board.entries import read_entries
from erasebench.board.folders import find_results
from erasebench.board.manifest import read_manifest, write_manifest
from erasebench.board.render import render_site
from erasebench.board.status import read_statuses
from erasebench.board.submissions import list_submissions
from erasebench.disk import replace_file
from erasebench.protocol import PROTOCOLS, Protocol


@dataclass(frozen=True)
class Site:
    """A site that was written.

    Attributes:
        index: its front page.
        submissions: results shown.
        files: files written, the manifest left out.
        unended: folders of runs that were left out, since they have no result yet.
    """

    index: Path
    submissions: int
    files: int
    unended: tuple[Path, ...]


def build_site(
    results: Sequence[Path],
    output: Path,
    protocols: Mapping[str, Protocol] = PROTOCOLS,
    manifests: Sequence[str] | None = None,
    cache: Path | None = None,
) -> Site:
    """Renders results as a site of static pages.

    The same results give the same bytes, and what an earlier build left and this one does not
    write is removed, unless somebody changed it since. A build that was interrupted is made whole
    by the next.

    Args:
        results: leaderboards, folders of runs, and folders that hold such.
        output: a folder that is new, empty, or holds an earlier build.
        protocols: those whose results can be read, by name.
        manifests: names of those that were handed in, for the list of submissions; None for a
            site without one.
        cache: remembers which files were recounted; None to recount all.

    Raises:
        ResultError: if a file does not hold what it must, or a folder has no result.
        RunFolderError: if the output folder holds anything else.
        DiskFullError: if there is no room.
    """
    found = find_results(results, protocols)
    entries = read_entries(found.results, protocols, cache)
    submissions = None
    if manifests is not None:
        statuses = [status for folder in results for status in read_statuses(folder)]
        submissions = list_submissions(manifests, statuses, entries)
    files = render_site(entries, site_folder(), submissions)
    _write(output, files)
    return Site(output / "index.html", len(entries), len(files), found.unended)


def _write(output: Path, files: Mapping[str, bytes]) -> None:
    """Claims every file, old and new, before the first is touched."""
    old = read_manifest(output)
    new = {name: frozenset({_digest(content)}) for name, content in files.items()}
    nothing: frozenset[str] = frozenset()
    both = {name: old.get(name, nothing) | new.get(name, nothing) for name in old | new}
    write_manifest(output, both)
    for name in old.keys() - new.keys():
        path = output / name
        if path.is_file() and _digest(path.read_bytes()) in old[name]:
            path.unlink()
    for name, content in files.items():
        replace_file(output / name, content)
    write_manifest(output, new)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
