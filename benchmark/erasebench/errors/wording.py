"""How a message writes what it found: short, and safe to print."""

from __future__ import annotations

from pathlib import Path

SHOWN = 5
"""Names that a message lists before it counts the rest."""

LONGEST = 80
"""Letters that a message shows of anything out of a file."""

LONGEST_REASON = 500
"""Letters of a reason that is kept or published."""


def quoted(found: object) -> str:
    """Something out of a file, as it may stand in a message: in one line, and short."""
    return short(repr(found))


def short(text: str) -> str:
    """A text, cut off where it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def escaped(text: str) -> str:
    """A text in one line, with escapes in the place of letters that would disturb a terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def one_line(text: str) -> str:
    """A reason, as it may be published: in one line, and cut off where it is long.

    It may repeat what others wrote: nothing of it can hide, or disturb what stands around it.
    """
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return words if len(words) <= LONGEST_REASON else f"{words[: LONGEST_REASON - 1]}…"


def printed(path: Path) -> str:
    """A path, quoted where its own letters would disturb a terminal."""
    return str(path) if str(path).isprintable() else repr(str(path))


def some(names: tuple[str, ...]) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - SHOWN
    return ", ".join(map(short, names[:SHOWN])) + (f" and {rest} more" if rest > 0 else "")
