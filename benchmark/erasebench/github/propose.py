"""Opens a pull request with the files of a folder through the API, without stored credentials.

Commits that a workflow makes through the API are signed by GitHub and start no other workflow, so
the pull request waits for a person.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import RequestError
from erasebench.github.client import MAIN, Answer, Github, GithubError, check_commit, git_blob

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
    check_commit(commit)
    if folder.is_absolute() or ".." in folder.parts or not folder.is_dir():
        raise RequestError(
            f"{folder} is not a folder of the repository. Give its path from the repository's top."
        )
    here = _files_here(folder)
    tree, there = _files_there(github, commit, folder)
    changed = tuple(name for name, content in here.items() if git_blob(content) != there.get(name))
    removed = tuple(sorted(there.keys() - here.keys()))
    if not changed and not removed:
        return None
    # A file without a digest is removed from the tree.
    blobs = {name: _upload(github, here[name]) for name in changed} | dict.fromkeys(removed)
    entries = [
        {"path": name, "mode": _PLAIN_FILE, "type": "blob", "sha": sha}
        for name, sha in blobs.items()
    ]
    new_tree = _create(github, "git/trees", {"base_tree": tree, "tree": entries})
    new = {"message": title, "tree": new_tree, "parents": [commit]}
    _move_branch(github, branch, _create(github, "git/commits", new))
    return Proposal(_open_pull_request(github, branch, title, body), changed, removed)


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


def _upload(github: Github, content: bytes) -> str | None:
    """Creates a blob and returns its digest."""
    encoded = base64.b64encode(content).decode()
    return _create(github, "git/blobs", {"content": encoded, "encoding": "base64"})


def _create(github: Github, path: str, content: Mapping[str, object]) -> str:
    """Creates a git object and returns its digest."""
    return github.send(_Object, "POST", path, content).sha


def _move_branch(github: Github, branch: str, commit: str) -> None:
    """Creates a branch at a commit, or moves an existing one."""
    listed = github.get(tuple[_Ref, ...], f"git/matching-refs/heads/{branch}")
    if any(found.ref == f"refs/heads/{branch}" for found in listed):
        github.send(_Ref, "PATCH", f"git/refs/heads/{branch}", {"sha": commit, "force": True})
        return
    github.send(_Ref, "POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})


def _open_pull_request(github: Github, branch: str, title: str, body: str) -> str:
    """Opens or updates the branch's pull request, and returns the address of its page."""
    query: dict[str, str | int] = {
        "head": f"{github.owner}:{branch}",
        "state": "open",
        "base": MAIN,
    }
    content = {"title": title, "body": body}
    for found in github.get(tuple[_PullRequest, ...], "pulls", query):
        return github.send(_PullRequest, "PATCH", f"pulls/{found.number}", content).html_url
    new = content | {"head": branch, "base": MAIN}
    return github.send(_PullRequest, "POST", "pulls", new).html_url


class _Object(Answer):
    sha: str


class _Commit(Answer):
    tree: _Object


class _Entry(Answer):
    path: str
    type: str
    sha: str


class _Tree(Answer):
    truncated: bool
    tree: tuple[_Entry, ...]


class _Ref(Answer):
    ref: str


class _PullRequest(Answer):
    number: int
    html_url: str
