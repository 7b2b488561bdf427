"""Files of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.errors import ResultError
from erasebench.results.record import read_records
from tests.results.example_replay import records_of

RECORDS = records_of(attack=1, plain=None, n=2)


def write(path: Path, prompt: str = "a church", more: bytes = b"") -> Path:
    """A file of two records with this prompt, and some more bytes."""
    records = [record.model_copy(update={"prompt": prompt}) for record in RECORDS]
    lines = "".join(f"{record.model_dump_json()}\n" for record in records)
    path.write_bytes(lines.encode() + more)
    return path


def test_what_ends_a_line_elsewhere_ends_no_record(tmp_path: Path) -> None:
    """A found prompt may hold it."""
    found = read_records(write(tmp_path / "records.jsonl", "a\u2028church\x85"))

    assert [record.prompt for record in found] == ["a\u2028church\x85"] * 2


@pytest.mark.parametrize("piece", [b'{"tri', b'{"prompt": "\xce'])
def test_a_torn_last_line_is_no_record(tmp_path: Path, piece: bytes) -> None:
    """Not where it is torn within a letter either."""
    assert read_records(write(tmp_path / "records.jsonl", more=piece)) == [
        record.model_copy(update={"prompt": "a church"}) for record in RECORDS
    ]


@pytest.mark.parametrize("line", [b"{}\n", b'{"prompt": "\xce"}\n', b"\xff\xfe\n", b"\n"])
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes) -> None:
    """By its number and in words, whatever its bytes."""
    path = write(tmp_path / "records.jsonl", more=line + RECORDS[0].model_dump_json().encode())

    with pytest.raises(ResultError, match=r"records\.jsonl: Line 3 is not a valid record"):
        read_records(path)


def test_bytes_damaged_within_a_record_are_found(tmp_path: Path) -> None:
    """They are not taken for another prompt."""
    path = write(tmp_path / "records.jsonl")
    path.write_bytes(path.read_bytes().replace(b'church"', b'ch\xffrch"', 1))

    with pytest.raises(ResultError, match="Line 1 is not a valid record"):
        read_records(path)


def test_no_file_has_no_records_and_a_folder_is_none(tmp_path: Path) -> None:
    """A run that has drawn nothing has no file."""
    assert read_records(tmp_path / "records.jsonl") == []
    with pytest.raises(ResultError, match="cannot be read"):
        read_records(tmp_path)
