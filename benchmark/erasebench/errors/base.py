"""The root of all expected failures, and failures of what was requested."""

from __future__ import annotations

import difflib
from pathlib import Path

from erasebench.errors.wording import printed


class ErasebenchError(Exception):
    """An expected failure; its message is complete."""


class PathError(ErasebenchError):
    """A failure at a path.

    Attributes:
        path: the file or folder.
    """

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(f"{printed(path)}: {problem}")


class UnknownNameError(ErasebenchError):
    """An unknown name; the message suggests the nearest and lists all.

    Attributes:
        kind: what was requested, in the singular, e.g. `concept`.
        name: the given name.
        known: every known name.
        nearest: the most similar known name, or None.
    """

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        self.kind = kind
        self.name = name
        self.known = known
        self.nearest = next(iter(difflib.get_close_matches(name, known, n=1)), None)
        question = "" if self.nearest is None else f" Did you mean {self.nearest!r}?"
        super().__init__(f"Unknown {kind} {name!r}.{question} Known: {', '.join(known)}.")


class RequestError(ErasebenchError):
    """An invalid request; the message says what to change."""
