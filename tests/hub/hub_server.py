"""A small Hub on loopback, which the real client takes for the real one.

It answers what huggingface_hub asks when it looks up a model or a data set, lists and fetches its
files: info, access, the tree, HEAD and GET of files with ETag, commit and ranges, and the codes of
what is gated, private or missing. Faults can be switched on for single files and repositories.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar
from urllib.parse import unquote, urlsplit

from tests.loopback import QuietHandler, listening

_CHUNK = 1024 * 1024

TOKEN = "hf_of_somebody_who_was_let_in"  # noqa: S105  (opens nothing but this server)


class Blob:
    """The content of a file: in memory, or on disk where it is large; digested once.

    Attributes:
        content: the bytes, which a test may change, or where they lie.
    """

    def __init__(self, content: bytes | Path) -> None:
        """Takes it as it is."""
        self.content = content
        self._sha256: tuple[bytes | Path, str] | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        if isinstance(self.content, Path):
            return self.content.stat().st_size
        return len(self.content)

    @property
    def sha256(self) -> str:
        """Its digest, hex."""
        if self._sha256 is None or self._sha256[0] is not self.content:
            with self.open() as file:
                self._sha256 = self.content, hashlib.file_digest(file, "sha256").hexdigest()
        return self._sha256[1]

    @property
    def git_oid(self) -> str:
        """Its git digest; for a file on disk its SHA-256, which is not compared."""
        if isinstance(self.content, Path):
            return self.sha256[:40]
        blob = b"blob %d\0" % self.size + self.content
        return hashlib.sha1(blob, usedforsecurity=False).hexdigest()

    def open(self) -> BinaryIO:
        """The content from its start."""
        if isinstance(self.content, Path):
            return self.content.open("rb")
        return io.BytesIO(self.content)


@dataclass
class Repository:
    """A repository as it is served, faults included.

    Attributes:
        commits: commit → path → content.
        refs: branch → commit.
        gated: files need `TOKEN`, the listing does not.
        private: nothing is there without `TOKEN`.
        plain_git: paths that are not in large-file storage, whose SHA-256 the tree does not tell.
        short: path → bytes of which alone a GET sends.
        dropped: path → bytes after which the connection is closed, once.
        flipped: paths whose last byte is another one than at the time of the commit.
        moved: the commit that answers in the place of every other.
        deaf: ranges are not heard.
        squeezes: bodies are compressed for whoever takes that, and ranges are of what is sent.
        more: entries of the tree that are there in addition.
        sizes: path → what the tree says of its size.
    """

    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    plain_git: set[str] = field(default_factory=set)
    short: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    flipped: set[str] = field(default_factory=set)
    moved: str | None = None
    deaf: bool = False
    squeezes: bool = False
    more: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def commit(
        self, files: Mapping[str, bytes | Path], branch: str = "main", name: str | None = None
    ) -> str:
        """Adds a commit and puts a branch there; its name follows from the content, or is given."""
        blobs = {path: Blob(content) for path, content in files.items()}
        if name is None:
            listed = [(path, blob.sha256) for path, blob in blobs.items()]
            words = json.dumps([sorted(listed), len(self.commits)])
            name = hashlib.sha256(words.encode()).hexdigest()[:40]
        self.commits[name] = blobs
        self.refs[branch] = name
        return name

    def at(self, revision: str) -> str | None:
        """The commit of a revision; None if there is none."""
        if self.moved is not None:
            return self.moved
        commit = self.refs.get(revision, revision)
        return commit if commit in self.commits else None


@dataclass
class Hub:
    """All that is served.

    Attributes:
        repositories: by organisation/name.
        asked: every request: method, path, range.
        sent: bytes of all bodies.
        endpoint: the address.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    sent: int = 0
    endpoint: str = ""

    def add(
        self, name: str, files: Mapping[str, bytes | Path], commit: str | None = None
    ) -> Repository:
        """Serves a new repository with one commit."""
        repository = self.repositories[name] = Repository()
        repository.commit(files, name=commit)
        return repository

    def got(self, name: str) -> list[str]:
        """The files of a repository of which content was asked for since `asked` was cleared."""
        marks = [f"/{name}/resolve/" in path for _, path, _ in self.asked]
        return [
            path.split("/", 5)[5]
            for (method, path, _), mark in zip(self.asked, marks, strict=True)
            if mark and method == "GET"
        ]


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub that answers until the block ends."""
    hub = Hub()
    with listening(_Handler, hub=hub) as hub.endpoint:
        yield hub


_API = re.compile(
    r"/api/(?:models|datasets)/(?P<repo>[^/]+/[^/]+)"
    r"(?:/revision/(?P<revision>[^/]+)|/tree/(?P<tree>[^/]+)(?:/(?P<folder>.+))?)?"
)
_ACCESS = re.compile(r"/api/datasets/(?P<repo>[^/]+/[^/]+)/auth-check")
_FILE = re.compile(r"/(?:datasets/)?(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


class _RefusedError(Exception):
    """An answer that is an error: status and code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class _Handler(QuietHandler):
    hub: ClassVar[Hub]

    def answer(self) -> None:
        path = urlsplit(self.path).path
        self.hub.asked.append((self.command, unquote(path), self.headers.get("Range")))
        try:
            if match := _ACCESS.fullmatch(path):
                self._repository(unquote(match["repo"]), files=True)
                self._send_json(200, {})
            elif match := _API.fullmatch(path):
                self._api(*(unquote(part) if part else part for part in match.groups()))
            elif match := _FILE.fullmatch(path):
                self._file(*map(unquote, match.groups()))
            else:
                self._nothing_there()
        except _RefusedError as refused:
            headers = {"X-Error-Code": refused.code, "X-Error-Message": str(refused)}
            self._send_json(refused.status, {"error": str(refused)}, headers)

    def _nothing_there(self) -> None:
        raise _RefusedError(404, "EntryNotFound", "Entry not found")

    def _repository(self, name: str, *, files: bool) -> Repository:
        repository = self.hub.repositories.get(name)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if repository is None or (repository.private and token != TOKEN):
            # The Hub does not tell a stranger what is private from what is not there.
            raise _RefusedError(404 if token else 401, "RepoNotFound", "Repository not found")
        if files and repository.gated and token != TOKEN:
            status = 403 if token else 401
            raise _RefusedError(status, "GatedRepo", f"Access to model {name} is restricted")
        return repository

    def _commit(self, repository: Repository, revision: str) -> str:
        commit = repository.at(revision)
        if commit is None:
            raise _RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def _api(
        self, name: str, revision: str | None, tree: str | None, folder: str | None = None
    ) -> None:
        repository = self._repository(name, files=False)
        commit = self._commit(repository, tree or revision or "main")
        if tree is None:
            gated = "auto" if repository.gated else False
            info = {"id": name, "sha": commit, "private": repository.private, "gated": gated}
            self._send_json(200, info)
            return
        files = {**repository.commits[commit], **dict.fromkeys(repository.more, Blob(b""))}
        start = f"{folder}/" if folder else ""
        below = {path: files[path] for path in sorted(files) if path.startswith(start)}
        if "recursive=true" in urlsplit(self.path).query.lower():
            listed = [self._entry(repository, path, own) for path, own in below.items()]
        else:
            listed = self._children(repository, start, below)
        if not listed:
            raise _RefusedError(404, "EntryNotFound", f"{folder} does not exist")
        self._send_json(200, listed)

    def _children(
        self, repository: Repository, start: str, below: Mapping[str, Blob]
    ) -> list[dict[str, object]]:
        """The files and folders that lie directly in a folder."""
        ends = {path: path.find("/", len(start)) for path in below}
        folders = dict.fromkeys(path[:end] for path, end in ends.items() if end != -1)
        return [{"type": "directory", "path": one, "oid": "0" * 40} for one in folders] + [
            self._entry(repository, path, below[path]) for path, end in ends.items() if end == -1
        ]

    def _entry(self, repository: Repository, path: str, blob: Blob) -> dict[str, object]:
        size = repository.sizes.get(path, blob.size)
        entry = {"type": "file", "path": path, "size": size, "oid": blob.git_oid}
        if path in repository.plain_git:
            return entry
        return entry | {"lfs": {"oid": blob.sha256, "size": size, "pointerSize": 134}}

    def _file(self, name: str, revision: str, path: str) -> None:
        repository = self._repository(name, files=True)
        commit = self._commit(repository, revision)
        blob = repository.commits[commit].get(path)
        if blob is None:
            raise _RefusedError(404, "EntryNotFound", "Entry not found")
        squeezed = repository.squeezes and "gzip" in self.headers.get("Accept-Encoding", "")
        if squeezed:
            with blob.open() as file:
                blob = Blob(gzip.compress(file.read()))
        headers = {
            "ETag": f'"{blob.sha256}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
            **({"Content-Encoding": "gzip"} if squeezed else {}),
        }
        asked = None if repository.deaf else self.headers.get("Range")
        status, begin, end = 200, 0, blob.size
        if asked is not None:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            begin, end = int(first), min(int(last or blob.size) + 1, blob.size)
            if begin >= blob.size:
                raise _RefusedError(416, "RangeNotSatisfiable", "Range not satisfiable")
            status = 206
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{blob.size}"
        if self.command == "GET" and path in repository.short:
            end = min(end, begin + repository.short[path])
        cut = repository.dropped.pop(path, None) if self.command == "GET" else None
        with blob.open() as file:
            file.seek(begin)
            if path in repository.flipped and end == blob.size:
                content = file.read(end - begin)
                flipped = io.BytesIO(content[:-1] + bytes((content[-1] ^ 1,)))
                self._send(status, flipped, end - begin, headers, cut)
            else:
                self._send(status, file, end - begin, headers, cut)

    def _send_json(
        self, status: int, content: object, headers: Mapping[str, str] | None = None
    ) -> None:
        encoded = json.dumps(content).encode()
        self._send(status, io.BytesIO(encoded), len(encoded), headers)

    def _send(
        self,
        status: int,
        file: BinaryIO,
        size: int,
        headers: Mapping[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        """Sends some bytes of an open file, or of them a few and then hangs up."""
        self.send_response(status)
        for header, value in {**(headers or {}), "Content-Length": str(size)}.items():
            self.send_header(header, value)
        if cut is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "GET":
            try:
                left = size if cut is None else min(cut, size)
                while left and (chunk := file.read(min(left, _CHUNK))):
                    self.wfile.write(chunk)
                    self.hub.sent += len(chunk)
                    left -= len(chunk)
            except (BrokenPipeError, ConnectionResetError):
                # Who has read enough of a body leaves.
                self.close_connection = True
