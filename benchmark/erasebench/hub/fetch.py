"""Fetching a checkpoint: the named files alone, each checked by its digest; no model loaded."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import room_for
from erasebench.errors import DiskFullError
from erasebench.hub.cache import Shelf, sha256_of, shelf_of
from erasebench.hub.client import RemoteFile, download, find_commit, list_files
from erasebench.hub.errors import HubChangedError, HubError, HubMissingError
from erasebench.hub.manifest import PinnedFile, Source, settings_beside


def fetch(source: Source, cache: Path) -> Path:
    """Brings a checkpoint's files into the cache; asks the Hub only for those that are missing.

    A file is whole and checked, or it is not there: a fetch that was broken off goes on with the
    first file that is missing, and removes what it had of it.

    Args:
        source: pinned.
        cache: the user's cache.

    Returns:
        The checkpoint's folder or file.

    Raises:
        HubChangedError: if a file is not the one that its digest names; it is removed.
        HubMissingError: if the Hub no longer has the commit or a file.
        HubOfflineError: if a file is missing, and the Hub cannot be asked.
        HubError: if the Hub does not let us in.
        DiskFullError, UnwritableError: if a file cannot be written; whole files stay.
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
    """Whether a file is in the cache as it should be; another stays until it came."""
    path = place.file(name)
    if not path.exists():
        return False
    if path.is_file() and path.stat().st_size == wanted.size and sha256_of(path) == wanted.sha256:
        return True
    tqdm.write(f"{path} is not what its digest names; it is fetched again.", file=sys.stderr)
    return False


def _check_promised(source: Source, missing: dict[str, PinnedFile]) -> None:
    """Refuses a commit or a file that the Hub itself calls another one, before it is fetched."""
    find_commit(source.repo, source.revision)
    listed = {file.path: file for file in list_files(source.repo, source.revision, source.folder)}
    _check_settings(source, listed)
    for name, wanted in missing.items():
        address = f"{source.repo}@{source.revision}/{name}"
        file = listed.get(name)
        if file is None:
            raise HubMissingError(address, "The commit has no such file. Pin it again.")
        if file.size != wanted.size:
            raise HubChangedError(
                address,
                f"The Hub has {file.size} bytes, and {wanted.size} are pinned. Nothing is fetched; "
                "pin it again if the new file is meant.",
            )
        if file.sha256 is not None and file.sha256 != wanted.sha256:
            raise _changed(address, file.sha256, wanted.sha256, "Nothing is fetched")


def _check_settings(source: Source, listed: Mapping[str, RemoteFile]) -> None:
    """Refuses an adapter without the settings beside it, by which its scale would be another."""
    beside = {settings_beside(name) for name in source.files if source.layout == "lora"}
    for name in sorted(beside & listed.keys() - source.files.keys()):
        raise HubError(
            f"{source.repo}@{source.revision}/{name}",
            "The adapter's settings lie there, and files does not name them. Nothing is fetched; "
            "pin it again.",
        )


def _check_room(place: Shelf, missing: dict[str, PinnedFile]) -> None:
    if shutil.disk_usage(place.folder.parent).free < sum(file.size for file in missing.values()):
        raise DiskFullError(place.folder)


def bring(repo: str, revision: str, name: str, sha256: str | None, place: Shelf) -> None:
    """Fetches a file and moves it to its place once it is known to be whole.

    Args:
        repo: organisation/name.
        revision: the commit.
        name: of the file, from the repository's top.
        sha256: what it must be; None where nobody knows: then it is what the commit has.
        place: its shelf, held by the caller.

    Raises:
        HubChangedError: if it is another file; it is removed.
        HubError: if it cannot be fetched.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    came = download(repo, revision, name, place.incoming)
    address = f"{repo}@{revision}/{name}"
    # A link would be followed by whoever reads it; the client writes none, and we move none.
    if came.is_symlink() or not came.is_file():
        raise HubError(address, "What came is no plain file; it is removed.")
    if sha256 is not None and (digest := sha256_of(came)) != sha256:
        raise _changed(address, digest, sha256, "What came is removed")
    target = place.file(name)
    with room_for(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        came.replace(target)


def _changed(address: str, found: str, wanted: str, done: str) -> HubChangedError:
    return HubChangedError(
        address,
        f"Its SHA-256 is {found[:12]}…, and {wanted[:12]}… is pinned: this is another file. "
        f"{done}; pin it again if the new file is meant.",
    )
