"""Opens a pull request with the files of a folder through the API, without stored credentials.

Commits that a workflow makes through the API are signed by GitHub and start no other workflow, so
the pull request waits for a person.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from erasebench.errors import RequestError, quoted
from erasebench.github.client import Github, GithubError
from erasebench.manifest.patterns import COMMIT

_MAIN = "main"

_PLAIN_FILE = "100644"


@dataclass(frozen=True)
class Proposal:
    """A pull request that was opened or updated.

    Attributes:
        address: its page.
        changed: paths of added and changed files.
        removed: paths of removed files.
    """

    address: str
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def propose(
    github: Github, folder: Path, commit: str, *, branch: str, title: str, body: str
) -> Proposal | None:
    """Opens a pull request with the local changes of a folder.

    Args:
        github: the repository.
        folder: from the repository's top, which is the working directory.
        commit: the commit that was checked out, 40 hex digits.
        branch: created or moved; an open pull request of it gets the new title and body.
        title: of the pull request, and the commit's message.
        body: of the pull request, Markdown.

    Returns:
        The pull request; None if the folder equals that of the commit.

    Raises:
        RequestError: if the commit is invalid, or the folder is outside the repository.
        GithubError: if GitHub cannot be reached, or refuses.
    """
    if not COMMIT.matches(commit):
        raise RequestError(f"{quoted(commit)} is not a commit; it must be {COMMIT.words}.")
    if folder.is_absolute() or ".." in folder.parts or not folder.is_dir():
        raise RequestError(
            f"{folder} is not a folder of the repository. Give its path from the repository's top."
        )
    here = _files_here(folder)
    tree, there = _files_there(github, commit, folder)
    changed = tuple(name for name, content in here.items() if _blob(content) != there.get(name))
    removed = tuple(sorted(there.keys() - here.keys()))
    if not changed and not removed:
        return None
    entries: list[dict[str, object]] = [
        _entry(name, _made(github, "git/blobs", _encoded(here[name]))) for name in changed
    ]
    entries += [_entry(name, None) for name in removed]
    made = _made(github, "git/trees", {"base_tree": tree, "tree": entries})
    head = _made(github, "git/commits", {"message": title, "tree": made, "parents": [commit]})
    _point(github, branch, head)
    return Proposal(_opened(github, branch, title, body), changed, removed)


def _files_here(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.as_posix(): path.read_bytes() for path in paths}


def _files_there(github: Github, commit: str, folder: Path) -> tuple[str, Mapping[str, str]]:
    """The tree of a commit, and git's digests of its files in a folder, by path."""
    tree = github.get(_Commit, f"git/commits/{commit}").tree.sha
    place = f"git/trees/{tree}"
    listed = github.get(_Tree, place, {"recursive": 1})
    if listed.truncated:
        raise GithubError(
            place, "The API does not list all files: the repository has too many files."
        )
    start = f"{folder.as_posix()}/"
    return tree, {
        entry.path: entry.sha
        for entry in listed.tree
        if entry.type == "blob" and entry.path.startswith(start)
    }


def _blob(content: bytes) -> str:
    """Git's digest of a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _encoded(content: bytes) -> dict[str, object]:
    return {"content": base64.b64encode(content).decode(), "encoding": "base64"}


def _entry(name: str, sha: str | None) -> dict[str, object]:
    """An entry of a tree; without a digest the file is removed."""
    return {"path": name, "mode": _PLAIN_FILE, "type": "blob", "sha": sha}


def _made(github: Github, path: str, content: Mapping[str, object]) -> str:
    """Creates a git object and returns its digest."""
    return github.send(_Made, "POST", path, content).sha


def _point(github: Github, branch: str, commit: str) -> None:
    """Creates a branch at a commit, or moves an existing one."""
    listed = github.get(tuple[_Ref, ...], f"git/matching-refs/heads/{branch}")
    if any(found.ref == f"refs/heads/{branch}" for found in listed):
        github.send(_Ref, "PATCH", f"git/refs/heads/{branch}", {"sha": commit, "force": True})
        return
    github.send(_Ref, "POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})


def _opened(github: Github, branch: str, title: str, body: str) -> str:
    """The page of the branch's pull request, which is opened or updated."""
    head = f"{github.owner}:{branch}"
    asked: dict[str, str | int] = {"head": head, "state": "open", "base": _MAIN}
    for found in github.get(tuple[_Page, ...], "pulls", asked):
        new = {"title": title, "body": body}
        return github.send(_Page, "PATCH", f"pulls/{found.number}", new).html_url
    content = {"title": title, "head": branch, "base": _MAIN, "body": body}
    return github.send(_Page, "POST", "pulls", content).html_url


class _Answer(BaseModel):
    """The fields of an answer that are read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Made(_Answer):
    sha: str


class _Commit(_Answer):
    tree: _Made


class _Entry(_Answer):
    path: str
    type: str
    sha: str


class _Tree(_Answer):
    truncated: bool
    tree: tuple[_Entry, ...]


class _Ref(_Answer):
    ref: str


class _Page(_Answer):
    number: int
    html_url: str
