"""A git repository on disk, used by plumbing commands: no checkout, no user settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_WHO = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in (
        ("NAME", "somebody"),
        ("EMAIL", "somebody@example.org"),
        ("DATE", "2026-01-01T00:00:00Z"),
    )
}
_APART = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

PLAIN, LINK = "100644", "120000"
"""Modes of a tree's entries."""


@dataclass(frozen=True)
class Repository:
    """A repository, bare or with a checkout.

    Attributes:
        folder: where it lies.
    """

    folder: Path

    def git(self, *words: str, given: bytes | None = None) -> str:
        """What a git command prints, without the end of the last line."""
        return self.raw(*words, given=given).decode().rstrip("\n")

    def raw(self, *words: str, given: bytes | None = None, index: Path | None = None) -> bytes:
        """What a git command prints, byte by byte."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        own = {} if index is None else {"GIT_INDEX_FILE": str(index)}
        finished = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=kept | _WHO | _APART | own,
            input=given,
            capture_output=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr.decode()
        return finished.stdout

    def blob(self, content: bytes) -> str:
        """Keeps a content; git's digest of it."""
        return self.git("hash-object", "-w", "--stdin", given=content)

    def tree(self, base: str | None, entries: Mapping[str, tuple[str, str] | None]) -> str:
        """A tree out of another one and some entries, (mode, digest) by path; None removes one."""
        # Git asks for an absolute path where its working directory is another one.
        index = (self.folder / "scratch.index").resolve()
        index.unlink(missing_ok=True)
        if base is not None:
            self.raw("read-tree", base, index=index)
        gone = ("0", "0" * 40)
        lines = (
            f"{mode} {digest}\t{path}\0"
            for path, entry in entries.items()
            for mode, digest in (entry or gone,)
        )
        words = ("update-index", "-z", "--index-info")
        self.raw(*words, given="".join(lines).encode(), index=index)
        return self.raw("write-tree", index=index).decode().strip()

    def commit_tree(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        """A commit of a tree."""
        words = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *words, "-m", message)

    def commit(self, parent: str | None, files: Mapping[str, bytes | None]) -> str:
        """A commit of its parent's files and these; None removes one."""
        entries = {
            path: None if content is None else (PLAIN, self.blob(content))
            for path, content in files.items()
        }
        tree = self.tree(parent, entries)
        return self.commit_tree(tree, () if parent is None else (parent,), "a change")

    def point(self, branch: str, commit: str) -> None:
        """Puts a branch at a commit."""
        self.raw("update-ref", f"refs/heads/{branch}", commit)

    def at(self, branch: str) -> str:
        """The commit of a branch."""
        return self.git("rev-parse", f"refs/heads/{branch}")

    def files(self, commit: str) -> dict[str, bytes]:
        """Every file of a commit."""
        names = self.git("ls-tree", "-r", "--name-only", "-z", commit).split("\0")[:-1]
        return {name: self.raw("cat-file", "blob", f"{commit}:{name}") for name in names}


def bare(folder: Path) -> Repository:
    """A new repository without a checkout."""
    folder.mkdir(parents=True)
    repository = Repository(folder)
    repository.raw("init", "--quiet", "--bare", "--initial-branch=main")
    return repository
