"""The manifest of a pull request or a push, read at one commit and stored as a file."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import replace_file
from erasebench.errors import quoted
from erasebench.github.change import ChangedFile, submitted_file
from erasebench.github.client import (
    MAIN,
    Answer,
    Github,
    GithubError,
    NotSubmittedError,
    check_commit,
    git_blob,
)
from erasebench.manifest.strict_yaml import LONGEST

_KEY_DIGITS = 16
"""Hex digits of a digest in a folder's name."""

_PAGE = 100
"""Files that the API lists at once; a submission has one."""


@dataclass(frozen=True)
class SubmittedManifest:
    """A submitted manifest.

    Attributes:
        name: path of the file, from the repository's top.
        status: added or modified.
        content: its bytes.
    """

    name: str
    status: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hex."""
        return hashlib.sha256(self.content).hexdigest()

    def store(self, folder: Path) -> Path:
        """Writes it to `<folder>/<digest>/<file name>`; equal manifests share a path.

        Raises:
            DiskFullError, UnwritableError: if it cannot be written.
        """
        path = folder / self.digest[:_KEY_DIGITS] / Path(self.name).name
        replace_file(path, self.content)
        return path


def run_folder(manifest: Path, protocol_digest: str, season: str | None = None) -> Path:
    """Folder of a stored manifest's run: one per protocol digest and season.

    None stands for the public seeds.
    """
    folder = manifest.parent / protocol_digest[:_KEY_DIGITS]
    return folder if season is None else folder / season


def manifest_in_pull_request(github: Github, number: int, commit: str) -> SubmittedManifest:
    """The manifest of a pull request, at a given commit.

    Args:
        github: the repository.
        number: of the pull request.
        commit: 40 hex digits; must be its newest commit.

    Raises:
        NotSubmittedError: if it is closed, has another target or newer commits, or is not exactly
            one manifest.
        GithubError: if GitHub cannot be reached, or answers with an error.
    """
    check_commit(commit)
    place = f"pulls/{number}"
    found = github.get(_PullRequest, place)
    if found.base.ref != MAIN:
        raise NotSubmittedError(
            f"Pull request {number} targets {quoted(found.base.ref)}; submissions target {MAIN}."
        )
    if found.state != "open" and not found.merged:
        raise NotSubmittedError(f"Pull request {number} is closed. Reopen it, or open a new one.")
    if found.head.sha != commit:
        raise NotSubmittedError(
            f"Pull request {number} is at {quoted(found.head.sha)}, not at {commit}: there are "
            "newer commits. Review them, and give the newest commit."
        )
    files = github.get(tuple[ChangedFile, ...], f"{place}/files", {"per_page": _PAGE})
    return _at(github, commit, submitted_file(files))


def manifest_in_push(github: Github, before: str, commit: str) -> SubmittedManifest:
    """The manifest of a push to the main branch.

    Args:
        github: the repository.
        before: the commit before the push, 40 hex digits.
        commit: the one after it.

    Raises:
        NotSubmittedError: if it is not exactly one manifest.
        GithubError: see `manifest_in_pull_request`.
    """
    check_commit(before)
    check_commit(commit)
    found = github.get(_Comparison, f"compare/{before}...{commit}")
    return _at(github, commit, submitted_file(found.files))


def _at(github: Github, commit: str, file: ChangedFile) -> SubmittedManifest:
    """Reads a file at a commit; rejected if it differs from the listed one."""
    place = f"contents/{file.filename}"
    found = github.get(_Content, place, {"ref": commit})
    if found.type != "file":
        raise NotSubmittedError(
            f"{file.filename} is a {quoted(found.type)}; a manifest must be a plain file."
        )
    if found.size > LONGEST:
        raise NotSubmittedError(f"{file.filename} has {found.size} bytes; the limit is {LONGEST}.")
    try:
        content = base64.b64decode(found.content)
    except binascii.Error as error:
        raise GithubError(place, "The content is not base64. Try again later.") from error
    blob = git_blob(content)
    if not blob == found.sha == file.sha:
        raise GithubError(
            place,
            f"At {commit[:12]} the content has git digest {blob[:12]}, but {quoted(file.sha)} is "
            "listed: the file is a link, or has changed. A manifest must be a plain file; try "
            "again with the newest commit.",
        )
    return SubmittedManifest(file.filename, file.status, content)


class _Head(Answer):
    sha: str


class _Base(Answer):
    ref: str


class _PullRequest(Answer):
    state: str
    merged: bool = False
    head: _Head
    base: _Base


class _Comparison(Answer):
    files: tuple[ChangedFile, ...] = ()


class _Content(Answer):
    type: str
    size: int
    sha: str
    content: str = ""
