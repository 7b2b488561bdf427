"""A site on disk."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from erasebench.board.build import build_site
from erasebench.errors import RunFolderError


def test_rebuild_is_byte_identical(run_folder: Path, tmp_path: Path) -> None:
    """The same results give the same bytes, in another process with another hash seed as well."""
    build_site([run_folder], tmp_path / "first")
    script = f"""
from pathlib import Path
from erasebench.board.build import build_site
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


def test_manifest_lists_every_file_with_its_digest(run_folder: Path, tmp_path: Path) -> None:
    """Anybody can check that a site is whole and unchanged."""
    site = build_site([run_folder], tmp_path)
    content = _content(tmp_path)
    manifest = json.loads(content.pop("files.json"))

    assert manifest == {
        name: hashlib.sha256(data).hexdigest() for name, data in sorted(content.items())
    }
    assert (site.index, site.submissions, site.files) == (
        tmp_path / "index.html",
        1,
        len(content),
    )


def test_foreign_folder_is_refused(run_folder: Path, tmp_path: Path) -> None:
    """A mistyped folder keeps what is in it."""
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")

    with pytest.raises(RunFolderError, match="no site of ours"):
        build_site([run_folder], tmp_path)
    assert list(_content(tmp_path)) == ["thesis.tex"]


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
