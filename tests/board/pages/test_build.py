"""A site on disk."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from erasebench.board.pages import build, site_files
from erasebench.board.pages.build import build_site
from erasebench.board.pages.site_files import FILE_LIST
from erasebench.disk import replace_file, unfinished
from erasebench.errors import DiskFullError, RunFolderError
from erasebench.results.file import load_result, write_result


def test_rebuild_is_byte_identical(run_folder: Path, tmp_path: Path) -> None:
    """The same results give the same bytes, in another process with another hash seed as well."""
    build_site([run_folder], tmp_path / "first")
    script = f"""
from pathlib import Path
from erasebench.board.pages.build import build_site
from erasebench.board.pages.site_files import FILE_LIST
build_site([Path({str(run_folder)!r})], Path({str(tmp_path / "second")!r}))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)

    first, second = _content(tmp_path / "first"), _content(tmp_path / "second")

    assert len(first) > 50
    assert first == second


def test_building_twice_into_one_folder_changes_nothing(run_folder: Path, tmp_path: Path) -> None:
    """A rebuild over an old build is that build."""
    build_site([run_folder], tmp_path)
    before = _content(tmp_path)
    build_site([run_folder], tmp_path)

    assert _content(tmp_path) == before


def test_what_is_gone_from_the_results_is_gone_from_the_site(
    run_folder: Path, tmp_path: Path
) -> None:
    """No page of a withdrawn submission is left; what is not ours stays."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    build_site([run_folder], site)
    (site / "CNAME").write_text("example.org\n", encoding="utf-8")
    build_site([empty], site)
    fresh = tmp_path / "fresh"
    build_site([empty], fresh)

    assert _content(site) == _content(fresh) | {"CNAME": b"example.org\n"}


def test_file_list_holds_every_file_with_its_digest(run_folder: Path, tmp_path: Path) -> None:
    """Anybody can check that a site is whole and unchanged."""
    site = build_site([run_folder], tmp_path)
    content = _content(tmp_path)
    listed = json.loads(content.pop(FILE_LIST))

    assert listed["files"] == {
        name: [hashlib.sha256(data).hexdigest()] for name, data in sorted(content.items())
    }
    assert (site.index, site.submissions, site.files) == (
        tmp_path / "index.html",
        1,
        len(content),
    )


def test_foreign_folder_is_refused(run_folder: Path, tmp_path: Path) -> None:
    """A mistyped folder keeps what is in it."""
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")

    with pytest.raises(RunFolderError, match="not written by erasebench"):
        build_site([run_folder], tmp_path)
    assert list(_content(tmp_path)) == ["thesis.tex"]


def test_forged_file_list_deletes_nothing(run_folder: Path, tmp_path: Path) -> None:
    """A list that leads out of the site is refused whole, before anything is touched."""
    treasure = tmp_path / "thesis.tex"
    treasure.write_text("years of work", encoding="utf-8")
    site = tmp_path / "site"
    site.mkdir()
    digest = hashlib.sha256(treasure.read_bytes()).hexdigest()
    forged = {"erasebench_site": 1, "files": {"../thesis.tex": [digest]}}
    (site / FILE_LIST).write_text(json.dumps(forged), encoding="utf-8")

    with pytest.raises(RunFolderError, match="no file was changed"):
        build_site([run_folder], site)
    assert treasure.exists()
    assert list(_content(site)) == [FILE_LIST]


def test_file_that_was_changed_since_is_kept(run_folder: Path, tmp_path: Path) -> None:
    """What a build left is deleted only while it is what the build left."""
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    build_site([run_folder], site)
    changed, *others = sorted((site / "pictogram-v1" / "esd_x_church").glob("*.webp"))
    changed.write_bytes(b"somebody's own")
    build_site([empty], site)

    assert changed.read_bytes() == b"somebody's own"
    assert others
    assert not any(path.exists() for path in others)


@pytest.mark.parametrize("written", [0, 1, 2, 40])
def test_interrupted_build_is_made_whole(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """However early a build ends, the folder stays ours and the next build is as any other."""
    site, empty, fresh = tmp_path / "site", tmp_path / "empty", tmp_path / "fresh"
    empty.mkdir()
    count = 0

    def killed_after(path: Path, content: bytes) -> None:
        nonlocal count
        if count == written:
            raise KeyboardInterrupt
        count += 1
        replace_file(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(build, "replace_file", killed_after)
        patched.setattr(site_files, "replace_file", killed_after)
        with pytest.raises(KeyboardInterrupt):
            build_site([run_folder], site)
    build_site([empty], site)
    build_site([empty], fresh)

    assert _content(site) == _content(fresh)


def test_interrupted_rebuild_leaves_nothing_behind(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that the interrupted build was about to change is still known as ours."""
    site, empty, other = tmp_path / "site", tmp_path / "empty", tmp_path / "other"
    empty.mkdir()
    build_site([run_folder], site)
    shutil.copytree(run_folder, other)
    result = load_result(other / "result.json")
    write_result(other / "result.json", result.model_copy(update={"command": "another"}))

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(build, "replace_file", kill)
        with pytest.raises(KeyboardInterrupt):
            build_site([other], site)
    build_site([empty], site)

    assert [name for name in _content(site) if name.startswith("pictogram-v1/")] == []


def test_kill_within_the_first_write_is_no_foreign_file(run_folder: Path, tmp_path: Path) -> None:
    """An unfinished list of files in an otherwise empty folder is ours."""
    unfinished(tmp_path / FILE_LIST).write_bytes(b"{")
    build_site([run_folder], tmp_path)

    assert (tmp_path / "index.html").exists()


def test_full_disk_is_said(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of every other command."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(DiskFullError, match="could not be written"):
        build_site([run_folder], tmp_path / "site")


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
