"""Something was asked for that there is not, or not in this way."""

from __future__ import annotations

import difflib

from erasebench.errors.root import ErasebenchError


class UnknownNameError(ErasebenchError):
    """Nothing of this kind bears this name.

    Attributes:
        kind: what was asked for, in the singular, e.g. `concept`.
        name: the name given.
        known: every name there is.
        nearest: the known name that looks most like it, or None.
    """

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        """Suggests the nearest name and lists all."""
        self.kind = kind
        self.name = name
        self.known = known
        self.nearest = next(iter(difflib.get_close_matches(name, known, n=1)), None)
        question = "" if self.nearest is None else f" Did you mean {self.nearest!r}?"
        super().__init__(f"Unknown {kind} {name!r}.{question} Known: {', '.join(known)}.")


class RequestError(ErasebenchError):
    """Something that cannot be asked for in this way; the message says what to change."""
