"""A small GitHub on loopback: the part of its API that is asked, over a real git repository.

It answers as the API documents it: https://docs.github.com/rest. What is written through it becomes
objects and branches of the repository, so that git itself says whether they are sound.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.github.git_repository import LINK, Repository
from tests.loopback import QuietHandler, listening

NAME = "erasebench/board"
TOKEN = "ghs_of_a_workflow"  # noqa: S105  (opens nothing but this server)


@dataclass
class Pull:
    """A pull request.

    Attributes:
        head: its newest commit.
        base: the branch that it goes to.
        branch: what it comes from; None where that is in a fork.
        state: open or closed.
        merged: whether it is in.
        title: as it was opened.
        body: as it was opened.
    """

    head: str
    base: str = "main"
    branch: str | None = None
    state: str = "open"
    merged: bool = False
    title: str = ""
    body: str = ""


@dataclass
class Api:
    """All that is served.

    Attributes:
        repository: behind it.
        pulls: by number.
        asked: every request: method and path.
        address: what GITHUB_API_URL must be.
        instead: path below the repository → status and content that it answers with.
    """

    repository: Repository
    pulls: dict[int, Pull] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    instead: dict[str, tuple[int, object]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a workflow has in its environment to ask it."""
        return {"GITHUB_API_URL": self.address, "GITHUB_REPOSITORY": NAME, "GITHUB_TOKEN": TOKEN}

    def open(self, pull: Pull) -> int:
        """Opens a pull request; its number."""
        number = len(self.pulls) + 1
        self.pulls[number] = pull
        return number

    def merge(self, number: int) -> str:
        """Merges a pull request into main; the merge commit."""
        pull, git = self.pulls[number], self.repository
        main = git.at("main")
        tree = git.git("merge-tree", "--write-tree", main, pull.head).splitlines()[0]
        commit = git.commit_tree(tree, (main, pull.head), f"Merge {number}")
        git.point("main", commit)
        pull.state, pull.merged = "closed", True
        return commit

    def changed(self, base: str, head: str) -> list[dict[str, object]]:
        """The files that a commit changes since it left another one."""
        git = self.repository
        start = git.git("merge-base", base, head)
        words = git.git("diff", "--raw", "--no-abbrev", "-z", "-M", start, head).split("\0")[:-1]
        found: list[dict[str, object]] = []
        while words:
            _, _, _, sha, kind = words.pop(0).split(" ")
            status = {"A": "added", "M": "modified", "D": "removed", "R": "renamed"}[kind[0]]
            old = words.pop(0) if kind[0] == "R" else None
            entry = {"filename": words.pop(0), "status": status, "sha": sha}
            found.append(entry if old is None else entry | {"previous_filename": old})
        return found


@dataclass(frozen=True)
class _Ask:
    """A request: what its path names, its query and its body."""

    groups: tuple[str, ...]
    query: dict[str, str] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)


class _RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@contextmanager
def serving(repository: Repository) -> Iterator[Api]:
    """An API that answers until the block ends."""
    api = Api(repository)
    with listening(_Handler, api=api) as api.address:
        yield api


class _Handler(QuietHandler):
    api: ClassVar[Api]

    def answer(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        length = int(self.headers.get("Content-Length") or 0)
        content = json.loads(self.rfile.read(length)) if length else {}
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.api.asked.append((self.command, path))
        try:
            status, answer = self._dispatch(path, query, content)
        except _RefusedError as refused:
            status, answer = refused.status, {"message": str(refused)}
        sent = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _dispatch(
        self, path: str, query: dict[str, str], content: dict[str, Any]
    ) -> tuple[int, object]:
        start = f"/repos/{NAME}/"
        if not path.startswith(start):
            raise _RefusedError(404, "Not Found")
        below = path.removeprefix(start)
        if below in self.api.instead:
            return self.api.instead[below]
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise _RefusedError(401, "Bad credentials")
        for method, pattern, answer in _ROUTES:
            if method == self.command and (match := re.fullmatch(pattern, below)):
                asked = _Ask(match.groups(), query, content)
                return (201 if method == "POST" else 200), answer(self.api, asked)
        raise _RefusedError(404, "Not Found")


def _pull(api: Api, ask: _Ask) -> object:
    (number,) = ask.groups
    pull = api.pulls.get(int(number))
    if pull is None:
        raise _RefusedError(404, "Not Found")
    return {
        "number": int(number),
        "state": pull.state,
        "merged": pull.merged,
        "head": {"sha": pull.head},
        "base": {"ref": pull.base},
        "html_url": f"https://github.com/{NAME}/pull/{number}",
    }


def _pull_files(api: Api, ask: _Ask) -> object:
    (number,) = ask.groups
    pull = api.pulls[int(number)]
    git = api.repository
    base = git.git("rev-parse", f"{git.at(pull.base)}^1") if pull.merged else git.at(pull.base)
    return api.changed(base, pull.head)[: int(ask.query.get("per_page", "30"))]


def _compare(api: Api, ask: _Ask) -> object:
    base, head = ask.groups
    return {"files": api.changed(base, head)}


def _contents(api: Api, ask: _Ask) -> object:
    (path,) = ask.groups
    git = api.repository
    listed = git.git("ls-tree", ask.query["ref"], "--", path)
    if not listed:
        raise _RefusedError(404, "Not Found")
    mode, _, sha = listed.split("\t")[0].split(" ")
    raw = git.raw("cat-file", "blob", sha)
    facts = {"size": len(raw), "sha": sha, "path": path}
    if mode == LINK:
        return facts | {"type": "symlink", "target": raw.decode()}
    # Longer files come without their content.
    text = base64.encodebytes(raw).decode() if len(raw) <= 1024**2 else ""
    return facts | {"type": "file", "encoding": "base64" if text else "none", "content": text}


def _commit(api: Api, ask: _Ask) -> object:
    (sha,) = ask.groups
    return {"sha": sha, "tree": {"sha": api.repository.git("rev-parse", f"{sha}^{{tree}}")}}


def _tree(api: Api, ask: _Ask) -> object:
    (sha,) = ask.groups
    assert ask.query == {"recursive": "1"}
    listed = api.repository.git("ls-tree", "-r", "-t", "-z", sha).split("\0")[:-1]
    entries = []
    for line in listed:
        facts, path = line.split("\t")
        mode, kind, digest = facts.split(" ")
        entries.append({"path": path, "mode": mode, "type": kind, "sha": digest})
    return {"sha": sha, "truncated": False, "tree": entries}


def _new_blob(api: Api, ask: _Ask) -> object:
    assert ask.content["encoding"] == "base64"
    return {"sha": api.repository.blob(base64.b64decode(ask.content["content"]))}


def _new_tree(api: Api, ask: _Ask) -> object:
    entries = {
        entry["path"]: None if entry["sha"] is None else (entry["mode"], entry["sha"])
        for entry in ask.content["tree"]
    }
    return {"sha": api.repository.tree(ask.content["base_tree"], entries)}


def _new_commit(api: Api, ask: _Ask) -> object:
    tree, parents = ask.content["tree"], tuple(ask.content["parents"])
    return {"sha": api.repository.commit_tree(tree, parents, ask.content["message"])}


def _matching(api: Api, ask: _Ask) -> object:
    (branch,) = ask.groups
    listed = api.repository.git("for-each-ref", "--format=%(refname)").splitlines()
    return [{"ref": ref} for ref in listed if ref.startswith(f"refs/heads/{branch}")]


def _new_ref(api: Api, ask: _Ask) -> object:
    if _matching(api, _Ask((ask.content["ref"].removeprefix("refs/heads/"),))):
        raise _RefusedError(422, "Reference already exists")
    api.repository.raw("update-ref", ask.content["ref"], ask.content["sha"])
    return {"ref": ask.content["ref"]}


def _move_ref(api: Api, ask: _Ask) -> object:
    (branch,) = ask.groups
    assert ask.content["force"]
    api.repository.point(branch, ask.content["sha"])
    for pull in api.pulls.values():
        if pull.branch == branch:
            pull.head = ask.content["sha"]
    return {"ref": f"refs/heads/{branch}"}


def _pulls(api: Api, ask: _Ask) -> object:
    owner = NAME.partition("/")[0]
    return [
        _pull(api, _Ask((str(number),)))
        for number, pull in api.pulls.items()
        if (f"{owner}:{pull.branch}", pull.state) == (ask.query["head"], ask.query["state"])
    ]


def _new_pull(api: Api, ask: _Ask) -> object:
    branch = ask.content["head"]
    number = api.open(
        Pull(
            head=api.repository.at(branch),
            base=ask.content["base"],
            branch=branch,
            title=ask.content["title"],
            body=ask.content["body"],
        )
    )
    return _pull(api, _Ask((str(number),)))


def _told_anew(api: Api, ask: _Ask) -> object:
    pull = api.pulls[int(ask.groups[0])]
    pull.title, pull.body = ask.content["title"], ask.content["body"]
    return _pull(api, ask)


_SHA = "([0-9a-f]{40})"
_ROUTES: tuple[tuple[str, str, Callable[[Api, _Ask], object]], ...] = (
    ("GET", r"pulls/(\d+)", _pull),
    ("GET", r"pulls/(\d+)/files", _pull_files),
    ("GET", r"pulls", _pulls),
    ("POST", r"pulls", _new_pull),
    ("PATCH", r"pulls/(\d+)", _told_anew),
    ("GET", rf"compare/{_SHA}\.\.\.{_SHA}", _compare),
    ("GET", r"contents/(.+)", _contents),
    ("GET", rf"git/commits/{_SHA}", _commit),
    ("GET", rf"git/trees/{_SHA}", _tree),
    ("POST", r"git/blobs", _new_blob),
    ("POST", r"git/trees", _new_tree),
    ("POST", r"git/commits", _new_commit),
    ("GET", r"git/matching-refs/heads/(.+)", _matching),
    ("POST", r"git/refs", _new_ref),
    ("PATCH", r"git/refs/heads/(.+)", _move_ref),
)
"""What is answered: method, path below the repository, and who answers."""
