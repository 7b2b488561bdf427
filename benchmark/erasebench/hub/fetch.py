"""Downloads a checkpoint: only the pinned files, each checked by digest; loads no model."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import writing
from erasebench.errors import DiskFullError
from erasebench.hub.client import Commit, RemoteFile, download, find_commit, list_files
from erasebench.hub.download_cache import CacheEntry, pinned_entry, sha256_of
from erasebench.hub.errors import HubChangedError, HubError, HubMissingError
from erasebench.manifest.manifest import PinnedFile, Source, settings_beside


def fetch(source: Source, cache: Path) -> Path:
    """Downloads the missing files of a checkpoint into the cache.

    A file in the cache is complete and checked: an interrupted download resumes with the first
    missing file.

    Args:
        source: pinned.
        cache: the user's cache.

    Returns:
        The checkpoint's folder or file.

    Raises:
        HubChangedError: if a file has another digest than pinned; it is removed.
        HubMissingError: if the Hub no longer has the commit or a file.
        HubOfflineError: if a file is missing and the Hub cannot be reached.
        HubError: if the Hub denies access.
        DiskFullError, UnwritableError: if a file cannot be written; complete files stay.
    """
    entry = pinned_entry(cache, source)
    commit = Commit(source.repo, source.revision)
    beside = {settings_beside(name) for name in source.files if source.layout == "lora"}
    fetch_pinned(commit, source.folder, source.files, entry, settings=beside)
    return entry.folder / (source.path or "")


def fetch_pinned(
    commit: Commit,
    folder: str | None,
    files: Mapping[str, PinnedFile],
    entry: CacheEntry,
    *,
    settings: Collection[str] = (),
) -> None:
    """Downloads the missing ones of pinned files.

    Args:
        commit: of the repository.
        folder: the folder that holds all files; None for the repository's top.
        files: path from the repository's top → its pin.
        entry: their cache entry.
        settings: paths of settings that must be pinned if the commit has them.

    Raises:
        HubError, DiskFullError, UnwritableError: see `fetch`.
    """
    with entry.locked():
        missing = {name: file for name, file in files.items() if not _is_there(entry, name, file)}
        if not missing:
            return
        if shutil.disk_usage(entry.folder.parent).free < sum(one.size for one in missing.values()):
            raise DiskFullError(entry.folder)
        find_commit(commit.repo, commit.digest)
        listed = {file.path: file for file in list_files(commit, folder)}
        for name in sorted(set(settings) & listed.keys() - files.keys()):
            raise HubError(
                commit.at(name),
                "The adapter needs these settings, but `files` does not list them. Pin it again.",
            )
        for name, file in missing.items():
            _check_listed(commit.at(name), file, listed.get(name))
        for name, file in missing.items():
            fetch_file(commit, name, file.sha256, entry)


def _is_there(entry: CacheEntry, name: str, wanted: PinnedFile) -> bool:
    """Whether the cache has the pinned file; a different one stays until it is replaced."""
    path = entry.file(name)
    if not path.exists():
        return False
    if path.is_file() and path.stat().st_size == wanted.size and sha256_of(path) == wanted.sha256:
        return True
    tqdm.write(f"{path} differs from its pinned digest; downloading it again.", file=sys.stderr)
    return False


def _check_listed(address: str, wanted: PinnedFile, file: RemoteFile | None) -> None:
    """Rejects a file whose listing on the Hub differs from its pin."""
    if file is None:
        raise HubMissingError(address, "This commit has no such file. Pin it again.")
    if file.size != wanted.size:
        raise HubChangedError(
            address,
            f"The file has {file.size} bytes, but {wanted.size} are pinned. Nothing is "
            "downloaded; pin it again to use the new file.",
        )
    if file.sha256 is not None and file.sha256 != wanted.sha256:
        raise _changed(address, file.sha256, wanted.sha256, "Nothing is downloaded")


def fetch_file(commit: Commit, name: str, sha256: str | None, entry: CacheEntry) -> None:
    """Downloads a file and moves it to its place once it is checked.

    Args:
        commit: of the repository.
        name: path of the file, from the repository's top.
        sha256: pinned digest; None if there is none, to trust the commit.
        entry: its cache entry, locked by the caller.

    Raises:
        HubChangedError: if the digest differs; the file is removed.
        HubError: if it cannot be downloaded.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    came = download(commit, name, entry.incoming)
    address = commit.at(name)
    # A later reader would follow a link; the client writes none, and we move none.
    if came.is_symlink() or not came.is_file():
        raise HubError(address, "The download is not a plain file and is removed.")
    if sha256 is not None and (digest := sha256_of(came)) != sha256:
        raise _changed(address, digest, sha256, "The download is removed")
    target = entry.file(name)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        came.replace(target)


def _changed(address: str, found: str, wanted: str, done: str) -> HubChangedError:
    return HubChangedError(
        address,
        f"The SHA-256 is {found[:12]}…, but {wanted[:12]}… is pinned: this is another file. "
        f"{done}; pin it again to use the new file.",
    )
