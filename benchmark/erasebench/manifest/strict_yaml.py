"""A strict subset of YAML: mappings, lists and text, each with its line.

Other features of YAML can be abused: tags create objects, aliases expand to huge documents, equal
keys hide each other, and unquoted words become booleans. Here a file is a tree of text, the schema
decides what is a number, and everything else is rejected with its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml

from erasebench.errors import quoted
from erasebench.manifest.errors import Fault, ManifestError

LONGEST = 256 * 1024
"""Maximum bytes of a file; a manifest with fourteen concepts has ten thousand."""

_DEEPEST = 12
"""Maximum nesting of mappings and lists."""

Key = tuple[str | int, ...]
"""Path of a value: keys of mappings and indices of lists, from the top."""


class _Mark(Protocol):
    """A position in a file; PyYAML has two classes of them."""

    line: int


@dataclass(frozen=True)
class Document:
    """The content of a file.

    Attributes:
        content: mappings, lists and text.
        lines: line of each value, from 1.
    """

    content: object
    lines: Mapping[Key, int]

    def line(self, key: Key) -> int:
        """The line of a value, or of the nearest enclosing value that exists."""
        while key not in self.lines:
            key = key[:-1]
        return self.lines[key]


def read_yaml(path: Path) -> Document:
    """Reads a file.

    Raises:
        ManifestError: if it is missing, too long, not UTF-8 or not YAML, or uses more than
            mappings, lists and text.
    """
    text = _read_text(path)
    try:
        return _Reader(path, yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        fault = Fault(
            f"not valid YAML: {problem}. Check indentation, colons and quotes.", _line(mark)
        )
        raise ManifestError(path, fault) from error
    except yaml.YAMLError as error:
        # Characters that YAML does not allow; the message continues on further lines.
        problem = str(error).splitlines()[0]
        raise ManifestError(
            path, Fault(f"not valid YAML: {problem}. Remove the character.")
        ) from error


def _read_text(path: Path) -> str:
    try:
        # Opening a pipe would block.
        if not path.is_file():
            raise ManifestError(
                path, Fault("no such file. Give the path of a manifest, a .yaml file.")
            )
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
    except OSError as error:
        raise ManifestError(
            path, Fault(f"cannot be read: {error.strerror}. Check its permissions.")
        ) from error
    if len(content) > LONGEST:
        raise ManifestError(
            path, Fault(f"longer than the limit of {LONGEST} bytes. List fewer files.")
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ManifestError(
            path, Fault(f"byte {error.start} is not UTF-8. Save the file as UTF-8.")
        ) from error


@dataclass
class _Reader:
    """Builds a tree from events, and stops at the first that is not allowed."""

    path: Path
    events: Iterator[yaml.Event]
    lines: dict[Key, int] = field(default_factory=dict)

    def document(self) -> Document:
        next(self.events)  # the stream's start
        if not isinstance(next(self.events), yaml.DocumentStartEvent):
            raise ManifestError(
                self.path, Fault("empty. `erasebench pin` writes a manifest to fill in.")
            )
        content = self.node(next(self.events), ())
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.refused(
                event, "a second document starts here; a manifest has one. Remove it."
            )
        return Document(content, self.lines)

    def node(self, event: yaml.Event, key: Key) -> object:
        self.check_plain(event)
        self.lines.setdefault(key, _line(event.start_mark))
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if len(key) > _DEEPEST:
            raise self.refused(event, f"nested more than {_DEEPEST} levels deep.")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(key)
        return self.sequence(key)

    def mapping(self, key: Key) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.check_plain(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refused(event, "a key must be text.")
            name = event.value
            if name in found:
                first = self.lines[(*key, name)]
                raise self.refused(
                    event, f"{quoted(name)} is repeated; the first is in line {first}. Keep one."
                )
            self.lines[(*key, name)] = _line(event.start_mark)
            found[name] = self.node(next(self.events), (*key, name))
        return found

    def sequence(self, key: Key) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.node(event, (*key, len(found))))
        return found

    def check_plain(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self.refused(
                event, "anchors and aliases (& and *) are not allowed. Write out the values."
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self.refused(
                event, f"tags are not allowed. Remove {quoted(tag)}, or quote the text."
            )

    def refused(self, event: yaml.Event, problem: str) -> ManifestError:
        return ManifestError(self.path, Fault(problem, _line(event.start_mark)))


def _line(mark: _Mark | None) -> int:
    """The line of a position, from 1."""
    return 1 if mark is None else mark.line + 1
