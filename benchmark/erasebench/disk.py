"""Durable writes: a killed process leaves either the old content or the new."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tqdm import tqdm

from erasebench.errors import DiskFullError, UnwritableError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Disk full, quota exceeded, file too large."""

_NO_WAY = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.EISDIR,
    errno.ENAMETOOLONG,
)
"""Not permitted, read-only, wrong kind of file, no such folder."""


def user_cache() -> Path:
    """The cache shared by all runs: `$XDG_CACHE_HOME/erasebench`, or `~/.cache/erasebench`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "erasebench"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Converts errors of the system while writing a path into expected errors.

    Raises:
        DiskFullError: if there is no space.
        UnwritableError: if the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError(path) from error
        if error.errno in _NO_WAY:
            raise UnwritableError(path, os.strerror(error.errno)) from error
        raise


@contextmanager
def locked(lock: Path, refusal: Exception | None = None) -> Iterator[None]:
    """Holds a lock file; the system releases it however the process ends.

    Args:
        lock: the file; created with its folder if needed.
        refusal: raised if another process holds it; None to wait.

    Raises:
        DiskFullError, UnwritableError: if the file cannot be created.
    """
    with writing(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if refusal is not None:
                raise refusal from error
            tqdm.write(f"Waiting for another process to release {lock}.", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file durably: at any moment it holds the old content or the new.

    Creates its folder if needed.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    partial = unfinished(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                _write_through(file, content)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(path)


def create_private_file(path: Path, content: bytes) -> None:
    """Writes a new file that only its owner can read (mode 0600), durably.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written, or exists already.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # The mode is set on creation, since anyone could read the file before a later chmod.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            _write_through(file, content)


def unfinished(path: Path) -> Path:
    """The temporary file of `replace_file`; a killed process may leave it."""
    return path.with_name(f".{path.name}.partial")


def append_lines(path: Path, lines: list[str]) -> None:
    """Appends lines to a file, durably.

    A kill or a full disk may leave an incomplete last line; `whole_lines` drops it.

    Raises:
        DiskFullError, UnwritableError: if they cannot be written.
    """
    with writing(path), path.open("ab") as file:
        _write_through(file, "".join(f"{line}\n" for line in lines).encode())


def whole_lines(path: Path) -> list[bytes]:
    """The complete lines of a file, without line ends; none if there is no file.

    As bytes, since damaged lines may contain characters that end a line for Python's text.
    """
    if not path.exists():
        return []
    return path.read_bytes().split(b"\n")[:-1]


def keep_lines(path: Path, lines: list[bytes]) -> None:
    """Truncates a file to its first lines, these."""
    if path.exists():
        os.truncate(path, sum(len(line) + 1 for line in lines))


def _write_through(file: IO[bytes], content: bytes) -> None:
    """Writes, and returns only when the content is on the disk."""
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
