"""Addresses of checkpoints on the Hub: `organisation/name@revision/path`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.errors import RequestError, quoted
from erasebench.manifest.patterns import PLACE, REPOSITORY, REVISION

CONCEPT = "{concept}"
"""Placeholder for a concept's name in the address of several checkpoints."""

_FORM = re.compile(
    rf"(?P<repo>{REPOSITORY.pattern})"
    rf"(?:@(?P<revision>{REVISION.pattern}))?"
    rf"(?:/(?P<path>{PLACE.pattern}))?"
)


@dataclass(frozen=True)
class Address:
    """Address of a checkpoint on the Hub; not looked up yet.

    Attributes:
        repo: organisation/name.
        revision: commit, branch or tag; None for the branch `main`.
        path: folder or file below the repository's top; None for all of it.
    """

    repo: str
    revision: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        """The form used in commands."""
        at = f"@{self.revision}" if self.revision else ""
        return f"{self.repo}{at}" + (f"/{self.path}" if self.path else "")

    @property
    def name(self) -> str:
        """Name for files: `organisation__name`, followed by the words of the path."""
        organisation, name = self.repo.split("/")
        words = (name, *(self.path or "").removesuffix(".safetensors").split("/"))
        return f"{organisation}__{'_'.join(word for word in words if word)}"

    @property
    def concept(self) -> str | None:
        """The concept in its name; None if there is none, or several."""
        words = re.split(r"[^a-z0-9]+", f"{self.repo.partition('/')[2]}/{self.path or ''}".lower())
        named = [name for name in CONCEPTS if _names(words, name.split("_"))]
        return named[0] if len(named) == 1 else None


def is_address(text: str) -> bool:
    """Whether a text has the form of an address."""
    return _match(text) is not None


def parse_address(text: str) -> Address:
    """Reads an address.

    Raises:
        RequestError: if it has another form.
    """
    match = _match(text)
    if match is None:
        raise RequestError(
            f"{quoted(text)} is not an address on the Hub. Write organisation/name, optionally "
            "with @revision and /folder, in letters, digits and ._-"
        )
    return Address(match["repo"], match["revision"], match["path"])


def expand(text: str, concepts: Iterable[str]) -> dict[str, Address]:
    """Addresses with each concept in place of `{concept}`, by concept.

    Raises:
        RequestError: if one of them has another form.
    """
    return {name: parse_address(text.replace(CONCEPT, name)) for name in concepts}


def _match(text: str) -> re.Match[str] | None:
    match = _FORM.fullmatch(text)
    allowed = match is not None and REPOSITORY.matches(match["repo"])
    return match if allowed and len(text) <= REPOSITORY.most + PLACE.most else None


def _names(words: list[str], concept: list[str]) -> bool:
    """Whether words contain a concept's words, in a row or joined."""
    size = len(concept)
    runs = [words[start : start + size] for start in range(len(words) - size + 1)]
    return concept in runs or "".join(concept) in words
