"""Strict YAML: what is read, and that everything more is refused with its line."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from erasebench.manifest.errors import ManifestError
from erasebench.manifest.strict_yaml import LONGEST, read_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(f'*{old}' for _ in range(9))}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine levels of nine aliases each: 400 million items, were they followed."""


def _file(folder: Path, text: str | bytes) -> Path:
    path = folder / "x.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_every_scalar_is_text(tmp_path: Path) -> None:
    """No word turns into a truth value, a date or a number behind the writer's back."""
    document = read_yaml(_file(tmp_path, "a: no\nb: 1e3\nc: 2020-01-01\nd: [null, '5', <<]\n"))

    assert document.content == {
        "a": "no",
        "b": "1e3",
        "c": "2020-01-01",
        "d": ["null", "5", "<<"],
    }


def test_every_key_has_its_line(tmp_path: Path) -> None:
    """What the schema finds later is shown where it is; what is missing, where it would be."""
    document = read_yaml(_file(tmp_path, "# a comment\na:\n  b: 1\n\n  c:\n    - 2\n    - 3\n"))

    assert document.line(("a",)) == 2
    assert document.line(("a", "b")) == 3
    assert document.line(("a", "c")) == 5
    assert document.line(("a", "c", 1)) == 7
    assert document.line(("a", "missing", "deeper")) == 2


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['touch hacked']\n", 2, "tags are not allowed"),
        ("a: !!int 3\n", 1, "tags are not allowed"),
        ("!!map {a: 1}\n", 1, "tags are not allowed"),
        ("%TAG ! tag:yaml.org,2002:\n---\na: !int 3\n", 3, "tags are not allowed"),
        (BOMB, 1, "anchors and aliases"),
        ("a: 1\nb: *a\n", 2, "anchors and aliases"),
        ("a: 1\n&x b: 2\n", 2, "anchors and aliases"),
        ("a: 1\nb: 2\na: 3\n", 3, "'a' is repeated; the first is in line 1"),
        ("? [a, b]\n: 1\n", 1, "a key must be text"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: 1\n b: 2\n", 2, "not valid YAML: mapping values are not allowed here"),
        ("a: 'open\n", 2, "not valid YAML"),
        ("[" * 100_000, 1, "nested more than 12 levels deep"),
        ("a:\n\t- b\n", 2, "not valid YAML"),
    ],
)
def test_more_than_a_manifest_needs_is_refused(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    """Tags, aliases, equal keys, other documents and what is no YAML: each with its line."""
    with pytest.raises(ManifestError) as caught:
        read_yaml(_file(tmp_path, text))

    assert said in str(caught.value)
    assert caught.value.faults[0].line == line
    assert str(tmp_path / "x.yaml") in str(caught.value)


def test_a_bomb_costs_nothing(tmp_path: Path) -> None:
    """Reading stops at the first anchor, before anything is multiplied."""
    path = _file(tmp_path, BOMB)
    started = time.process_time()

    with pytest.raises(ManifestError):
        read_yaml(path)

    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty. "),
        (b"# only a comment\n", "empty. "),
        (b"a: \xff\n", "byte 3 is not UTF-8"),
        (b"a: \x07\n", "special characters are not allowed"),
        (b"a: x\n" * (LONGEST // 5 + 1), "longer than the limit of 262144 bytes"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Neither a binary file nor an endless one is taken for a manifest."""
    with pytest.raises(ManifestError, match=said):
        read_yaml(_file(tmp_path, content))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A name at which nothing or no file is gets an answer, not a hanging process."""
    os.mkfifo(tmp_path / "pipe.yaml")

    for name in ("pipe.yaml", "nothing.yaml", "."):
        with pytest.raises(ManifestError, match="no such file"):
            read_yaml(tmp_path / name)
