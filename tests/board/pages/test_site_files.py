"""The list of a site's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from erasebench.board.pages.site_files import FILE_LIST, read_file_list, write_file_list
from erasebench.errors import RunFolderError

DIGEST = "0" * 64


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """With both digests of a file that is about to change."""
    files = {"b/c.html": frozenset({DIGEST, "f" * 64}), "a.html": frozenset({DIGEST})}
    write_file_list(tmp_path, files)

    assert read_file_list(tmp_path) == files


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"files": {}},
        {"erasebench_site": 2, "files": {}},
        {"erasebench_site": 1, "files": ["index.html"]},
        {"erasebench_site": 1, "files": {"../thesis.tex": [DIGEST]}},
        {"erasebench_site": 1, "files": {"docs/../../thesis.tex": [DIGEST]}},
        {"erasebench_site": 1, "files": {"/etc/passwd": [DIGEST]}},
        {"erasebench_site": 1, "files": {"": [DIGEST]}},
        {"erasebench_site": 1, "files": {"index.html": DIGEST}},
        {"erasebench_site": 1, "files": {"index.html": ["0" * 63]}},
        {"erasebench_site": 1, "files": {"index.html": [f"{DIGEST}\n"]}},
        {"erasebench_site": 1, "files": {}, "more": 1},
    ],
)
def test_any_other_content_is_refused(tmp_path: Path, content: object) -> None:
    """A list that could lead out of the site, or is none, is not trusted for a single file."""
    (tmp_path / FILE_LIST).write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(RunFolderError, match="no file was changed"):
        read_file_list(tmp_path)


def test_torn_list_is_refused(tmp_path: Path) -> None:
    """Half a file is no list."""
    (tmp_path / FILE_LIST).write_text('{"erasebench_site": 1, "fi', encoding="utf-8")

    with pytest.raises(RunFolderError, match="no file was changed"):
        read_file_list(tmp_path)
