"""Where fetched files lie: `<cache>/hub/<organisation>--<name>/<commit>-<files>/`, nowhere else.

`<files>` is a digest of the names, sizes and digests of all files that lie there: what two
manifests name of one commit never meets, and each opens what it names.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erasebench.disk import room_for
from erasebench.hub.errors import HubError
from erasebench.hub.manifest import Source

HUB = "hub"
"""Folder of everything that was fetched, in the user's cache."""


@dataclass(frozen=True)
class Shelf:
    """A place for files of one commit of one repository.

    Attributes:
        folder: holds whole files, each checked before it came here.
        incoming: holds what is on its way; removed before and after.
        headers: holds files that are headers alone; removed before and after.
    """

    folder: Path

    @property
    def incoming(self) -> Path:
        """Holds what is on its way; a fetch that was broken off may have left it."""
        return self.folder.with_name(f"{self.folder.name}.incoming")

    @property
    def headers(self) -> Path:
        """Holds files that are headers alone, as long as somebody looks at them."""
        return self.folder.with_name(f"{self.folder.name}.headers")

    def file(self, path: str) -> Path:
        """Where a file of the repository lies, or would.

        Raises:
            HubError: if a link leads out of the shelf.
        """
        place = self.folder / path
        if not place.resolve().is_relative_to(self.folder.resolve()):
            raise HubError(
                path,
                f"A link in {self.folder} leads out of it. Remove the folder, and fetch again.",
            )
        return place

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes away, and what is on its way apart from what is there.

        Raises:
            DiskFullError, UnwritableError: if the shelf cannot be made.
        """
        lock = self.folder.with_name(f"{self.folder.name}.lock")
        with room_for(self.folder):
            lock.parent.mkdir(parents=True, exist_ok=True)
            held = lock.open("w")
        with held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tqdm.write(
                    f"Waiting for another process that fetches {lock.stem}.", file=sys.stderr
                )
                fcntl.flock(held, fcntl.LOCK_EX)
            self._clear()
            try:
                yield
            finally:
                self._clear()

    def _clear(self) -> None:
        for folder in (self.incoming, self.headers):
            shutil.rmtree(folder, ignore_errors=True)


def shelf(cache: Path, repo: str, commit: str) -> Shelf:
    """The place in which a commit is looked at; `repo` and `commit` are plain text."""
    return Shelf(_repository(cache, repo) / commit)


def shelf_of(cache: Path, source: Source) -> Shelf:
    """The place of a pinned checkpoint's files, and of no others."""
    files = {name: [file.size, file.sha256] for name, file in source.files.items()}
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return Shelf(_repository(cache, source.repo) / f"{source.revision}-{digest[:16]}")


def answer_file(cache: Path, repo: str, revision: str | None, path: str | None) -> Path:
    """Where it is kept which files an address meant when the Hub was last asked."""
    words = json.dumps([revision, path])
    digest = hashlib.sha256(words.encode()).hexdigest()
    return _repository(cache, repo) / "asked" / f"{digest[:16]}.json"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex, read piece by piece.

    Raises:
        FileNotFoundError: if it is not there.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _repository(cache: Path, repo: str) -> Path:
    return cache / HUB / repo.replace("/", "--")
