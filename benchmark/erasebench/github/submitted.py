"""The manifest of a pull request or a push: taken at one commit, as bytes, and laid down."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from erasebench.disk import replace_file
from erasebench.errors import RequestError, quoted
from erasebench.github.change import ChangedFile, manifest_among
from erasebench.github.client import Github
from erasebench.github.errors import GithubError, NotSubmittedError
from erasebench.hub.plain import COMMIT
from erasebench.hub.strict_yaml import LONGEST

_KEY_DIGITS = 16
"""Hex digits of a digest that name a folder."""

_MAIN = "main"

_PAGE = 100
"""Files that the API lists at once; a submission has one."""


@dataclass(frozen=True)
class Submitted:
    """A manifest that somebody handed in.

    Attributes:
        name: of the file, from the repository's top.
        status: whether it is added or modified.
        content: its bytes.
    """

    name: str
    status: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hex."""
        return hashlib.sha256(self.content).hexdigest()

    def lay_down(self, folder: Path) -> Path:
        """Writes it to `<folder>/<digest>/<file name>`; equal manifests lie in one place.

        Raises:
            DiskFullError, UnwritableError: if it cannot be written.
        """
        path = folder / self.digest[:_KEY_DIGITS] / Path(self.name).name
        replace_file(path, self.content)
        return path


def run_folder(manifest: Path, protocol_digest: str, season: str | None = None) -> Path:
    """Where the run of a manifest that was laid down goes.

    Apart for every protocol's digest, and for every season; None stands for the public seeds.
    """
    folder = manifest.parent / protocol_digest[:_KEY_DIGITS]
    return folder if season is None else folder / season


def of_pull_request(github: Github, number: int, commit: str) -> Submitted:
    """The manifest that a pull request hands in, at the commit that was looked at.

    Args:
        github: the repository.
        number: of the pull request.
        commit: what must be its newest commit, 40 hex digits: what is pushed later is not taken.

    Raises:
        NotSubmittedError: if it is closed, goes elsewhere, was pushed to since, or changes
            something else than one manifest.
        GithubError: if GitHub cannot be asked, or its answer is not as it must be.
    """
    _check_commit(commit)
    place = f"pulls/{number}"
    found = github.get(_PullRequest, place)
    if found.base.ref != _MAIN:
        raise NotSubmittedError(
            f"Pull request {number} goes to {quoted(found.base.ref)}; a submission goes to {_MAIN}."
        )
    if found.state != "open" and not found.merged:
        raise NotSubmittedError(f"Pull request {number} is closed. Open it again, or a new one.")
    if found.head.sha != commit:
        raise NotSubmittedError(
            f"Pull request {number} is at {quoted(found.head.sha)}, and {commit} was asked for: it "
            "was pushed to since. Look at it again, and name its newest commit."
        )
    files = github.get(tuple[ChangedFile, ...], f"{place}/files", {"per_page": _PAGE})
    return _at(github, commit, manifest_among(files))


def of_push(github: Github, before: str, commit: str) -> Submitted:
    """The manifest that a push to the main branch brought.

    Args:
        github: the repository.
        before: the commit before the push, 40 hex digits.
        commit: the one after it.

    Raises:
        NotSubmittedError: if it changes something else than one manifest.
        GithubError: see `of_pull_request`.
    """
    _check_commit(before)
    _check_commit(commit)
    found = github.get(_Comparison, f"compare/{before}...{commit}")
    return _at(github, commit, manifest_among(found.files))


def _at(github: Github, commit: str, file: ChangedFile) -> Submitted:
    """The content of a file at a commit; refused where it is not the one that was listed."""
    place = f"contents/{file.filename}"
    found = github.get(_Content, place, {"ref": commit})
    if found.type != "file":
        raise NotSubmittedError(
            f"{file.filename} is a {quoted(found.type)}; a manifest is a plain file."
        )
    if found.size > LONGEST:
        raise NotSubmittedError(
            f"{file.filename} has {found.size} bytes, and at most {LONGEST} are read."
        )
    try:
        content = base64.b64decode(found.content)
    except binascii.Error as error:
        raise GithubError(place, "Its content is no base64. Try again in a while.") from error
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    if not blob == found.sha == file.sha:
        raise GithubError(
            place,
            f"At {commit[:12]} git's digest of the content is {blob[:12]}, and {quoted(file.sha)} "
            "was listed: a link, or it changed meanwhile. A manifest is a plain file; try again, "
            "with the newest commit.",
        )
    return Submitted(file.filename, file.status, content)


def _check_commit(commit: str) -> None:
    if not COMMIT.matches(commit):
        raise RequestError(f"{quoted(commit)} is no commit; it must be {COMMIT.words}.")


class _Answer(BaseModel):
    """The part of an answer that is read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Head(_Answer):
    sha: str


class _Base(_Answer):
    ref: str


class _PullRequest(_Answer):
    state: str
    merged: bool = False
    head: _Head
    base: _Base


class _Comparison(_Answer):
    files: tuple[ChangedFile, ...] = ()


class _Content(_Answer):
    type: str
    size: int
    sha: str
    content: str = ""
