"""What the JSON files of results and replays have in common: one text, and strict reading."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from erasebench.errors import ResultError
from erasebench.protocol import Protocol

_dumps = partial(json.dumps, sort_keys=True, ensure_ascii=False, allow_nan=False)


def canonical_text(content: Mapping[str, Any], one_a_line: Collection[str]) -> str:
    """The one JSON text of an object: keys sorted, floats at full precision, newline at the end.

    Args:
        content: what `json` takes.
        one_a_line: names of lists of which each item takes one line.

    Raises:
        ValueError: if a number is not finite.
    """
    fields = [
        f'  "{name}": {_field(content[name], name in one_a_line)}' for name in sorted(content)
    ]
    return "{\n" + ",\n".join(fields) + "\n}\n"


def read_json(path: Path, *, longest: int | None = None, again: str) -> Any:  # noqa: ANN401
    """What a JSON file holds.

    Args:
        path: the file.
        longest: bytes that are read at most; None for any number.
        again: the sentence that says how to make the file again.

    Raises:
        ResultError: if it is not there, too long, no JSON, or holds a number that is not finite.
    """
    try:
        with path.open("rb") as file:
            text = file.read() if longest is None else file.read(longest + 1)
        if longest is not None and len(text) > longest:
            raise ResultError(path, f"It is longer than the {longest} bytes that are read.")
        content = json.loads(text)
        _dumps(content)  # JSON has no infinity; Python reads one, and could not write it again
    except FileNotFoundError as error:
        raise ResultError(path, "There is no such file.") from error
    except OSError as error:
        raise ResultError(path, f"It cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise ResultError(path, f"It is no JSON ({error}). {again}") from error
    return content


def wrong_field(path: Path, error: ValidationError, remedy: str = "") -> ResultError:
    """The error of a file that does not fit its schema; names the first field that is wrong."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "file"
    return ResultError(path, f"Field {field} is wrong: {first['msg']}. {remedy}".rstrip())


def protocol_of_file(
    path: Path, name: str, digest: str, protocols: Mapping[str, Protocol], *, again: str
) -> Protocol:
    """The protocol of which a file holds figures.

    Args:
        path: the file.
        name: of the protocol, as the file has it.
        digest: of the protocol, as the file has it.
        protocols: those whose files can be read, by name.
        again: the sentence that says how to make the file again.

    Raises:
        ResultError: if there is no such protocol, or this version has another under its name.
    """
    if name not in protocols:
        raise ResultError(
            path, f"protocol is {name!r}; this version of erasebench has {', '.join(protocols)}."
        )
    protocol = protocols[name]
    if digest != protocol.digest:
        raise ResultError(
            path,
            f"protocol_digest is {digest[:12]}, that of {name} is {protocol.digest[:12]}: it was "
            "made under another version of the protocol, and its figures cannot be compared. "
            f"{again}",
        )
    return protocol


def check_name(path: Path, field: str, name: str, known: Collection[str]) -> None:
    """Refuses a name that nothing bears.

    Raises:
        ResultError: names the file and the field.
    """
    if name not in known:
        raise ResultError(path, f"Field {field} is wrong: {name!r} is none of {', '.join(known)}.")


def _field(value: object, one_a_line: bool) -> str:
    """One top-level value, indented as its place in the file wants it."""
    if not one_a_line or not isinstance(value, list) or not value:
        return _dumps(value, indent=2).replace("\n", "\n  ")
    lines = (_dumps(item) for item in value)
    return "[\n    " + ",\n    ".join(lines) + "\n  ]"
