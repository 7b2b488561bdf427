"""What may not be in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MACHINE_PATH = re.compile(rb"(?<![\w.~*\]])/(?:home|mnt|root|tmp|Users|work)/\w")
"""An absolute path into somebody's folders."""

PRIVATE_HOST = re.compile(
    rb"://(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.|://[\w.-]+\.(?:corp|internal|lan|local)\b"
)
"""A URL that only resolves inside somebody's network."""

LONGEST_MODULE = 400
"""Lines. A module that needs more holds more than one idea."""


@pytest.mark.parametrize("forbidden", [MACHINE_PATH, PRIVATE_HOST], ids=["path", "host"])
def test_no_file_points_into_a_machine(root: Path, forbidden: re.Pattern[bytes]) -> None:
    """No file, text or binary, holds a path or an address that means nothing elsewhere."""
    found = {
        str(path.relative_to(root)): match.group().decode()
        for path in _files(root)
        if (match := forbidden.search(path.read_bytes()))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("forbidden", "text"),
    [
        (MACHINE_PATH, b"open('" + b"/".join([b"", b"tmp", b"x"]) + b"')"),
        (PRIVATE_HOST, b"https:" + b"//pages.example" + b".internal"),
    ],
    ids=["path", "host"],
)
def test_patterns_find_what_they_are_for(forbidden: re.Pattern[bytes], text: bytes) -> None:
    """The search of the test above is not empty because it cannot find anything."""
    assert forbidden.search(text)


def test_modules_are_short(root: Path) -> None:
    """No module of the package has grown past one idea."""
    lengths = {
        str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (root / "benchmark").rglob("*.py")
    }

    assert lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def _files(root: Path) -> list[Path]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")[:-1]
    return [path for name in names if (path := root / name).is_file()]
