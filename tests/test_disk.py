"""Writing so that nothing is half there."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from erasebench.disk import append_lines, keep_lines, locked, replace_file, whole_lines, writing
from erasebench.errors import DiskFullError, UnwritableError

FULL_DISK = Path("/dev/full")
"""A device on which every write fails as on a full disk."""


def test_a_full_disk_is_named_as_such() -> None:
    """The kernel's own ENOSPC becomes the error that says what to do."""
    with pytest.raises(DiskFullError, match="run the same command again"):
        append_lines(FULL_DISK, ["a line"])


@pytest.mark.parametrize("number", ["EACCES", "EPERM", "EROFS", "EEXIST", "EISDIR"])
def test_a_place_that_forbids_it_is_told_from_a_full_disk(tmp_path: Path, number: str) -> None:
    """Each of the system's refusals becomes one error with the system's own words."""
    code = getattr(errno, number)
    with pytest.raises(UnwritableError, match="--output") as refusal, writing(tmp_path):
        raise OSError(code, "?")

    assert (refusal.value.path, refusal.value.reason) == (tmp_path, os.strerror(code))


def test_other_failures_keep_their_names(tmp_path: Path) -> None:
    """An error of the device is neither a full disk nor a forbidden place."""
    with pytest.raises(OSError, match="failed") as failure, writing(tmp_path):
        raise OSError(errno.EIO, "failed")

    assert failure.value.errno == errno.EIO


def test_no_file_can_be_put_into_a_file(tmp_path: Path) -> None:
    """A file in the place of a folder, met by the functions that write."""
    (tmp_path / "file").write_text("")
    for write in (lambda path: replace_file(path, b""), lambda path: append_lines(path, ["x"])):
        with pytest.raises(UnwritableError):
            write(tmp_path / "file" / "x")


def test_a_replaced_file_holds_the_new_content_and_nothing_else_is_left(tmp_path: Path) -> None:
    """No partial file stays behind."""
    path = tmp_path / "file"
    replace_file(path, b"old")
    replace_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert [path] == list(tmp_path.iterdir())


def test_a_torn_last_line_is_no_line(tmp_path: Path) -> None:
    """A process that dies while it writes leaves whole lines and perhaps a piece of one."""
    path = tmp_path / "lines"
    append_lines(path, ["one", "two"])
    with path.open("ab") as file:
        file.write(b'{"thr')

    assert whole_lines(path) == [b"one", b"two"]


def test_a_line_torn_inside_a_letter_is_no_line_either(tmp_path: Path) -> None:
    """Bytes that are no whole letter do not stop a resume."""
    path = tmp_path / "lines"
    append_lines(path, ["η"])
    with path.open("ab") as file:
        file.write("η".encode()[:1])

    assert whole_lines(path) == ["η".encode()]


def test_keeping_lines_cuts_the_rest_off(tmp_path: Path) -> None:
    """Byte for byte what was there after those lines were written."""
    path = tmp_path / "lines"
    append_lines(path, ["η = 1", "two"])
    kept = path.read_bytes()
    append_lines(path, ["three"])
    keep_lines(path, whole_lines(path)[:2])

    assert path.read_bytes() == kept


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    """A run that has recorded nothing resumes from nothing."""
    assert whole_lines(tmp_path / "lines") == []


@pytest.mark.parametrize("refusal", [None, KeyError("held")])
def test_a_held_lock_is_waited_for_or_refused(
    tmp_path: Path, refusal: KeyError | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second holder either waits until the first is done, and says so, or gets its own error."""
    lock = tmp_path / "folder" / "lock"
    holds, release, order = threading.Event(), threading.Event(), []

    def hold() -> None:
        with locked(lock):
            holds.set()
            release.wait(10)
            order.append("first")

    first = threading.Thread(target=hold)
    first.start()
    holds.wait(10)
    if refusal is None:
        threading.Timer(0.2, release.set).start()
        with locked(lock):
            order.append("second")
        assert str(lock) in capsys.readouterr().err
    else:
        with pytest.raises(KeyError, match="held"), locked(lock, refusal):
            order.append("second")
        release.set()
    first.join()

    assert order == (["first", "second"] if refusal is None else ["first"])
