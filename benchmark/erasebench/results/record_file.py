"""Files of records, a record a line, as a run writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from erasebench.disk import whole_lines
from erasebench.errors import ResultError
from erasebench.results.trial import Record

_AGAIN: Final = "Run the evaluation again; it goes on from the last whole batch."


def read_records(path: Path) -> list[Record]:
    """The records of a file, whatever their plan; none where there is no file.

    What a process that died left of a line is no record, and is passed over.

    Raises:
        ResultError: if it cannot be read, or a whole line is no record; names the line.
    """
    try:
        lines = whole_lines(path)
    except OSError as error:
        raise ResultError(path, f"It cannot be read ({error.strerror}).") from error
    return records_of(lines, path)


def records_of(lines: Iterable[bytes], path: Path, again: str = _AGAIN) -> list[Record]:
    """The records of some lines.

    Args:
        lines: each one record, without its end.
        path: of the file that holds them, for the error.
        again: the sentence that says how to make that file again.

    Raises:
        ResultError: if a line is no record; names it by its number.
    """
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(Record.model_validate_json(line))
        except ValidationError as error:
            raise ResultError(
                path, f"Line {number} is no record: {error.errors()[0]['msg']}. {again}"
            ) from error
    return records
