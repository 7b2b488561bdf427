"""How a checkpoint on the Hub is named in a command: `organisation/name@revision/path`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from erasebench.concepts import CONCEPTS
from erasebench.errors import RequestError, quoted
from erasebench.hub.plain import PLACE, REPOSITORY, REVISION

CONCEPT = "{concept}"
"""What stands for a concept's name in the address of many checkpoints."""

_FORM = re.compile(
    rf"(?P<repo>{REPOSITORY.pattern})"
    rf"(?:@(?P<revision>{REVISION.pattern}))?"
    rf"(?:/(?P<path>{PLACE.pattern}))?"
)


@dataclass(frozen=True)
class Address:
    """A checkpoint on the Hub, not looked up yet.

    Attributes:
        repo: organisation/name.
        revision: commit, branch or tag; None for the branch `main`.
        path: folder or file below the repository's top; None for the whole.
    """

    repo: str
    revision: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        """The form that commands take."""
        at = f"@{self.revision}" if self.revision else ""
        return f"{self.repo}{at}" + (f"/{self.path}" if self.path else "")

    @property
    def name(self) -> str:
        """What to call it in files' names: `organisation__name`, then what its path says."""
        organisation, name = self.repo.split("/")
        words = (name, *(self.path or "").removesuffix(".safetensors").split("/"))
        return f"{organisation}__{'_'.join(word for word in words if word)}"

    @property
    def concept(self) -> str | None:
        """The concept that its name names; None where it names none, or several."""
        words = re.split(r"[^a-z0-9]+", f"{self.repo.partition('/')[2]}/{self.path or ''}".lower())
        named = [name for name in CONCEPTS if _names(words, name.split("_"))]
        return named[0] if len(named) == 1 else None


def is_address(text: str) -> bool:
    """Whether a text may be the address of a checkpoint on the Hub."""
    return _match(text) is not None


def parse_address(text: str) -> Address:
    """Reads an address.

    Raises:
        RequestError: if it is none; says how one is written.
    """
    match = _match(text)
    if match is None:
        raise RequestError(
            f"{quoted(text)} is no address of a checkpoint on the Hub. Write organisation/name, "
            "organisation/name@revision, or organisation/name@revision/folder, in letters, digits "
            "and ._-"
        )
    return Address(match["repo"], match["revision"], match["path"])


def expand(text: str, concepts: tuple[str, ...]) -> dict[str, Address]:
    """The addresses that a text with `{concept}` in it stands for, by concept.

    Raises:
        RequestError: if one of them is no address.
    """
    return {name: parse_address(text.replace(CONCEPT, name)) for name in concepts}


def _match(text: str) -> re.Match[str] | None:
    match = _FORM.fullmatch(text)
    allowed = match is not None and REPOSITORY.matches(match["repo"])
    return match if allowed and len(text) <= REPOSITORY.most + PLACE.most else None


def _names(words: list[str], concept: list[str]) -> bool:
    """Whether a concept's words stand among others, in a row or run together."""
    size = len(concept)
    runs = [words[start : start + size] for start in range(len(words) - size + 1)]
    return concept in runs or "".join(concept) in words
