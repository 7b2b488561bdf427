"""YAML, as much of it as a manifest needs: mappings, lists and text, and the line of each.

YAML can do far more, and each of these has been used against who reads it: tags make objects,
aliases make a short file long, equal keys hide one another, and unquoted words turn into truth
values. Here a file is a tree of text, the schema decides what is a number, and everything else is
refused with its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import yaml

from erasebench.errors import quoted
from erasebench.hub.errors import Fault, ManifestError

LONGEST = 256 * 1024
"""Bytes of a file; a manifest of fourteen concepts has ten thousand."""

_DEEPEST = 12
"""Mappings and lists inside one another."""

Key = tuple[str | int, ...]
"""Where something lies: keys of mappings and indices of lists, from the top."""


class _Mark(Protocol):
    """A place in a file; PyYAML has two classes of them."""

    line: int


@dataclass(frozen=True)
class Document:
    """What a file holds.

    Attributes:
        content: mappings, lists and text.
        lines: the line, from 1, of everything in it.
    """

    content: object
    lines: Mapping[Key, int]

    def line(self, key: Key) -> int:
        """The line of something, or of the nearest thing around it that is there."""
        while key not in self.lines:
            key = key[:-1]
        return self.lines[key]


def read_yaml(path: Path) -> Document:
    """Reads a file.

    Raises:
        ManifestError: if it is not there, too long, no text in UTF-8 or no YAML, or uses more of
            YAML than mappings, lists and text.
    """
    text = _read_text(path)
    try:
        return _Reader(path, yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context).split())
        fault = Fault(
            f"this is no YAML: {problem}. Check indentation, colons and quotes.", _line(mark)
        )
        raise ManifestError(path, fault) from error
    except yaml.YAMLError as error:
        # Characters that no YAML may hold; the message has lines of its own for the place.
        problem = str(error).splitlines()[0]
        raise ManifestError(
            path, Fault(f"this is no YAML: {problem}. Remove the character.")
        ) from error


def _read_text(path: Path) -> str:
    try:
        # Opening a pipe would wait for who writes into it.
        if not path.is_file():
            raise ManifestError(
                path, Fault("there is no such file. Name a manifest: a file that ends with .yaml.")
            )
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
    except OSError as error:
        raise ManifestError(
            path, Fault(f"it cannot be read: {error.strerror}. Check its permissions.")
        ) from error
    if len(content) > LONGEST:
        raise ManifestError(
            path,
            Fault(f"it is longer than the {LONGEST} bytes that are read. Give it fewer files."),
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ManifestError(
            path, Fault(f"byte {error.start} is no text in UTF-8. Save it as UTF-8.")
        ) from error


@dataclass
class _Reader:
    """Makes a tree of events, and stops at the first that a manifest does not need."""

    path: Path
    events: Iterator[yaml.Event]
    lines: dict[Key, int] = field(default_factory=dict)

    def document(self) -> Document:
        next(self.events)  # the stream's start
        if not isinstance(next(self.events), yaml.DocumentStartEvent):
            raise ManifestError(
                self.path, Fault("it is empty. `erasebench pin` writes a manifest to be filled in.")
            )
        content = self.node(next(self.events), ())
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.refused(event, "a second document begins here; a manifest is one.")
        return Document(content, self.lines)

    def node(self, event: yaml.Event, key: Key) -> object:
        self.check_plain(event)
        self.lines.setdefault(key, _line(event.start_mark))
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if len(key) > _DEEPEST:
            raise self.refused(event, f"this is nested more than {_DEEPEST} deep.")
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
                    event, f"{quoted(name)} is there already, in line {first}. Keep one."
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
                event, "anchors and aliases (& and *) are not read. Write out what they stand for."
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self.refused(
                event, f"tags are not read. Remove {quoted(tag)}, or put quotes around the text."
            )

    def refused(self, event: yaml.Event, problem: str) -> ManifestError:
        return ManifestError(self.path, Fault(problem, _line(event.start_mark)))


def _line(mark: _Mark | None) -> int:
    """The line of a place, from 1."""
    return 1 if mark is None else mark.line + 1
