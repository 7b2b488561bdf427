"""Writes the site to a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.board.entries import read_entries
from erasebench.board.find_results import BOARD, find_results
from erasebench.board.pages.render import render_site, site_folder
from erasebench.board.pages.site_files import read_file_list, write_file_list
from erasebench.board.status import read_statuses
from erasebench.board.submissions import list_submissions
from erasebench.disk import replace_file
from erasebench.protocol import PROTOCOLS, Protocol


@dataclass(frozen=True)
class Site:
    """A site that was written.

    Attributes:
        index: its front page.
        submissions: number of results shown.
        files: number of files written, without the list of files.
        unended: folders of unfinished runs, which are left out.
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

    The same results give the same bytes. Unchanged files of an earlier build that are no longer
    part of the site are removed. A new build completes an interrupted one.

    Args:
        results: see `find_results`.
        output: a folder that is new, empty, or holds an earlier build.
        protocols: by name; results of others are rejected.
        manifests: names of the submitted manifests, for the list of submissions; None for a site
            without that list.
        cache: remembers which files were recounted; None to recount all.

    Raises:
        ResultError: if a file is invalid, or a folder has no result.
        RunFolderError: if the output folder holds other files.
        DiskFullError: if the disk is full.
    """
    found = find_results(results, protocols)
    entries = read_entries(found.results, protocols, cache)
    submissions = None
    if manifests is not None:
        statuses = [status for folder in results or (BOARD,) for status in read_statuses(folder)]
        submissions = list_submissions(manifests, statuses, entries)
    files = render_site(entries, site_folder(), submissions)
    _write(output, files)
    return Site(output / "index.html", len(entries), len(files), found.unended)


def _write(output: Path, files: Mapping[str, bytes]) -> None:
    """Lists all old and new files before it changes the first."""
    old = read_file_list(output)
    new = {name: frozenset({_digest(content)}) for name, content in files.items()}
    nothing: frozenset[str] = frozenset()
    both = {name: old.get(name, nothing) | new.get(name, nothing) for name in old | new}
    write_file_list(output, both)
    for name in old.keys() - new.keys():
        path = output / name
        if path.is_file() and _digest(path.read_bytes()) in old[name]:
            path.unlink()
    for name, content in files.items():
        replace_file(output / name, content)
    write_file_list(output, new)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
