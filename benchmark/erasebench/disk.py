"""Writing to disk so that a killed process leaves either the old content or the new."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from erasebench.errors import DiskFullError, UnwritableError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Disk full, quota used up, file larger than is allowed."""

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
"""Not allowed, read-only, a file where a folder should be or the reverse, no such place."""


def user_cache() -> Path:
    """What every run may share on this machine: `$XDG_CACHE_HOME/erasebench`, or in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "erasebench"


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Turns the system's ways of saying that a path cannot be written into two errors.

    Raises:
        DiskFullError: if there is no room.
        UnwritableError: if the place does not allow it.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError(path) from error
        if error.errno in _NO_WAY:
            raise UnwritableError(path, os.strerror(error.errno)) from error
        raise


def replace_file(path: Path, content: bytes) -> None:
    """Writes a whole file, durably: at any moment it holds the old content or the new.

    Its folder is made where it is not there.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    partial = unfinished(path)
    with room_for(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(path)


def create_private_file(path: Path, content: bytes) -> None:
    """Writes a new file that its owner alone may read (mode 0600), durably.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written, or is there already.
    """
    with room_for(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # At its making, since between making it and closing it anybody could read.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def unfinished(path: Path) -> Path:
    """Where `replace_file` writes before the file takes its place; a kill may leave it there."""
    return path.with_name(f".{path.name}.partial")


def append_lines(path: Path, lines: list[str]) -> None:
    """Adds lines to a file, durably.

    A kill or a full disk may leave the last of them torn; `whole_lines` drops such a one.

    Raises:
        DiskFullError, UnwritableError: if they cannot be written.
    """
    with room_for(path), path.open("ab") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a file that are whole, without their ends; none if there is no file.

    As bytes: some may be damaged, and what stands in them may end a line for Python's text.
    """
    if not path.exists():
        return []
    return path.read_bytes().split(b"\n")[:-1]


def keep_lines(path: Path, lines: list[bytes]) -> None:
    """Cuts a file down to its first lines, these."""
    if path.exists():
        os.truncate(path, sum(len(line) + 1 for line in lines))
