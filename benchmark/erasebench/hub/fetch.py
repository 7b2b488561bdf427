"""Downloads a checkpoint: only the pinned files, each checked by digest; loads no model."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import writing
from erasebench.errors import DiskFullError
from erasebench.hub.client import RemoteFile, download, find_commit, list_files
from erasebench.hub.download_cache import Shelf, sha256_of, shelf_of
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
    place = shelf_of(cache, source)
    with place.held():
        missing = {
            name: file for name, file in source.files.items() if not _is_there(place, name, file)
        }
        if missing:
            _check_room(place, missing)
            _check_promised(source, missing)
        for name, file in missing.items():
            bring(source.repo, source.revision, name, file.sha256, place)
    return place.folder / (source.path or "")


def _is_there(place: Shelf, name: str, wanted: PinnedFile) -> bool:
    """Whether the cache has the pinned file; a different one stays until it is replaced."""
    path = place.file(name)
    if not path.exists():
        return False
    if path.is_file() and path.stat().st_size == wanted.size and sha256_of(path) == wanted.sha256:
        return True
    tqdm.write(f"{path} differs from its pinned digest; downloading it again.", file=sys.stderr)
    return False


def _check_promised(source: Source, missing: dict[str, PinnedFile]) -> None:
    """Rejects commits and files whose listing on the Hub differs from the pins."""
    find_commit(source.repo, source.revision)
    listed = {file.path: file for file in list_files(source.repo, source.revision, source.folder)}
    _check_settings(source, listed)
    for name, wanted in missing.items():
        address = f"{source.repo}@{source.revision}/{name}"
        file = listed.get(name)
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


def _check_settings(source: Source, listed: Mapping[str, RemoteFile]) -> None:
    """Rejects an adapter whose settings are not pinned, since they change its scale."""
    beside = {settings_beside(name) for name in source.files if source.layout == "lora"}
    for name in sorted(beside & listed.keys() - source.files.keys()):
        raise HubError(
            f"{source.repo}@{source.revision}/{name}",
            "The adapter needs these settings, but `files` does not list them. Pin it again.",
        )


def _check_room(place: Shelf, missing: dict[str, PinnedFile]) -> None:
    if shutil.disk_usage(place.folder.parent).free < sum(file.size for file in missing.values()):
        raise DiskFullError(place.folder)


def bring(repo: str, revision: str, name: str, sha256: str | None, place: Shelf) -> None:
    """Downloads a file and moves it to its place once it is checked.

    Args:
        repo: organisation/name.
        revision: the commit.
        name: path of the file, from the repository's top.
        sha256: pinned digest; None if there is none, to trust the commit.
        place: its cache entry, locked by the caller.

    Raises:
        HubChangedError: if the digest differs; the file is removed.
        HubError: if it cannot be downloaded.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    came = download(repo, revision, name, place.incoming)
    address = f"{repo}@{revision}/{name}"
    # A later reader would follow a link; the client writes none, and we move none.
    if came.is_symlink() or not came.is_file():
        raise HubError(address, "The download is not a plain file and is removed.")
    if sha256 is not None and (digest := sha256_of(came)) != sha256:
        raise _changed(address, digest, sha256, "The download is removed")
    target = place.file(name)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        came.replace(target)


def _changed(address: str, found: str, wanted: str, done: str) -> HubChangedError:
    return HubChangedError(
        address,
        f"The SHA-256 is {found[:12]}…, but {wanted[:12]}… is pinned: this is another file. "
        f"{done}; pin it again to use the new file.",
    )
