"""The download cache: `<cache>/hub/<organisation>--<name>/<commit>-<files>/`.

`<files>` is a digest of the names, sizes and digests of all files in the folder, so two manifests
that pin different files of one commit use different folders.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import locked
from erasebench.hub.client import Commit
from erasebench.hub.errors import HubError
from erasebench.manifest.manifest import Source

HUB = "hub"
"""Folder of all downloads in the user's cache."""


@dataclass(frozen=True)
class CacheEntry:
    """Cache entry: files of one commit of one repository.

    Attributes:
        folder: complete files, each checked before it was moved here.
        incoming: partial downloads; removed before and after.
        headers: files that contain only headers; removed before and after.
    """

    folder: Path

    @property
    def incoming(self) -> Path:
        """Partial downloads; an interrupted download may leave them."""
        return self.folder.with_name(f"{self.folder.name}.incoming")

    @property
    def headers(self) -> Path:
        """Files that contain only headers, while the entry is locked."""
        return self.folder.with_name(f"{self.folder.name}.headers")

    def file(self, path: str) -> Path:
        """Local path of a file of the repository.

        Raises:
            HubError: if a link leads out of the entry.
        """
        place = self.folder / path
        if not place.resolve().is_relative_to(self.folder.resolve()):
            raise HubError(
                path,
                f"A link in {self.folder} leads out of it. Remove the folder and download again.",
            )
        return place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Locks the entry, and removes partial downloads before and after.

        Raises:
            DiskFullError, UnwritableError: if the entry cannot be created.
        """
        lock = self.folder.with_name(f"{self.folder.name}.lock")
        with locked(lock):
            self._clear()
            try:
                yield
            finally:
                self._clear()

    def _clear(self) -> None:
        for folder in (self.incoming, self.headers):
            shutil.rmtree(folder, ignore_errors=True)


def commit_entry(cache: Path, commit: Commit) -> CacheEntry:
    """Entry for the headers of a commit."""
    return CacheEntry(_repository(cache, commit.repo) / commit.digest)


def pinned_entry(cache: Path, source: Source) -> CacheEntry:
    """Entry for exactly the files of a pinned checkpoint."""
    files = {name: [file.size, file.sha256] for name, file in source.files.items()}
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return CacheEntry(_repository(cache, source.repo) / f"{source.revision}-{digest[:16]}")


def resolution_file(cache: Path, repo: str, revision: str | None, path: str | None) -> Path:
    """File that stores how an address was last resolved, for offline use."""
    words = json.dumps([revision, path])
    digest = hashlib.sha256(words.encode()).hexdigest()
    return _repository(cache, repo) / "asked" / f"{digest[:16]}.json"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex, read in chunks.

    Raises:
        FileNotFoundError: if it does not exist.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _repository(cache: Path, repo: str) -> Path:
    return cache / HUB / repo.replace("/", "--")
