"""JSON files of results and replays: canonical text and strict reading."""

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
    """The canonical JSON of an object: sorted keys, full precision, newline at the end.

    Args:
        content: JSON values.
        one_a_line: names of the lists that are written one item per line.

    Raises:
        ValueError: if a number is not finite.
    """
    fields = [
        f'  "{name}": {_field(content[name], name in one_a_line)}' for name in sorted(content)
    ]
    return "{\n" + ",\n".join(fields) + "\n}\n"


def read_json(path: Path, *, longest: int | None = None, again: str) -> Any:  # noqa: ANN401
    """The content of a JSON file.

    Args:
        path: the file.
        longest: maximum size in bytes; None for no limit.
        again: sentence for the error that says how to recreate the file.

    Raises:
        ResultError: if the file is missing, too long, not JSON, or has a number that is not finite.
    """
    try:
        with path.open("rb") as file:
            text = file.read() if longest is None else file.read(longest + 1)
        if longest is not None and len(text) > longest:
            raise ResultError(path, f"It is longer than the maximum of {longest} bytes.")
        content = json.loads(text)
        _dumps(content)  # Python reads infinity, which JSON does not have.
    except FileNotFoundError as error:
        raise ResultError(path, "There is no such file.") from error
    except OSError as error:
        raise ResultError(path, f"It cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise ResultError(path, f"It is not JSON ({error}). {again}") from error
    return content


def wrong_field(path: Path, error: ValidationError, remedy: str = "") -> ResultError:
    """The error for a file that does not fit its schema; names the first invalid field."""
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "file"
    return ResultError(path, f"Field {field} is wrong: {first['msg']}. {remedy}".rstrip())


def protocol_of_file(
    path: Path, name: str, digest: str, protocols: Mapping[str, Protocol], *, again: str
) -> Protocol:
    """The protocol of a file.

    Args:
        path: the file.
        name: name of the protocol in the file.
        digest: digest of the protocol in the file.
        protocols: protocols whose files can be read, by name.
        again: sentence for the error that says how to recreate the file.

    Raises:
        ResultError: if the protocol is unknown, or its digest differs in this version.
    """
    if name not in protocols:
        raise ResultError(
            path, f"protocol is {name!r}; this version of erasebench has {', '.join(protocols)}."
        )
    protocol = protocols[name]
    if digest != protocol.digest:
        raise ResultError(
            path,
            f"protocol_digest is {digest[:12]}, but {name} has {protocol.digest[:12]}. The file "
            f"belongs to another version of the protocol and cannot be compared. {again}",
        )
    return protocol


def check_name(path: Path, field: str, name: str, known: Collection[str]) -> None:
    """Checks a name.

    Raises:
        ResultError: if it is unknown; names the file and the field.
    """
    if name not in known:
        raise ResultError(path, f"Field {field} is wrong: {name!r} is none of {', '.join(known)}.")


def _field(value: object, one_a_line: bool) -> str:
    """A top-level value, indented for its place in the file."""
    if not one_a_line or not isinstance(value, list) or not value:
        return _dumps(value, indent=2).replace("\n", "\n  ")
    lines = (_dumps(item) for item in value)
    return "[\n    " + ",\n    ".join(lines) + "\n  ]"
