"""Untrusted text in messages: short and safe to print."""

from __future__ import annotations

from pathlib import Path

MOST_NAMES = 5
"""Names that a message lists before it counts the rest."""

MOST_FAULTS = 20
"""Faults or differences that a message lists before it counts the rest."""

LONGEST = 80
"""Characters that a message shows of text from a file."""

LONGEST_REASON = 500
"""Characters of a reason that is stored or published."""


def quoted(found: object) -> str:
    """Text from a file, quoted, in one line, truncated to `LONGEST`."""
    return short(repr(found))


def short(text: str) -> str:
    """A text, truncated to `LONGEST`."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def escaped(text: str) -> str:
    """A text in one line, with control characters escaped."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def one_line(text: str) -> str:
    """A reason for publication: printable, in one line, truncated to `LONGEST_REASON`.

    It may contain untrusted text, which must not affect the text around it.
    """
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return words if len(words) <= LONGEST_REASON else f"{words[: LONGEST_REASON - 1]}…"


def printed(path: Path) -> str:
    """A path, quoted if it contains control characters."""
    return str(path) if str(path).isprintable() else repr(str(path))


def some(names: tuple[str, ...]) -> str:
    """The first few names and the number of the others."""
    rest = len(names) - MOST_NAMES
    return ", ".join(map(short, names[:MOST_NAMES])) + (f" and {rest} more" if rest > 0 else "")
