"""A board on loopback: GitHub with this checkout's files on main, a Hub, and two machines."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from erasebench.manifest.manifest import Manifest, PinnedFile, Source
from erasebench.manifest.manifest_file import manifest_text
from tests.github.api_server import NAME, TOKEN, Api, Pull, serving
from tests.github.git_repository import Repository, bare
from tests.hub.hub_server import Hub
from tests.hub.hub_server import serving as serving_hub
from tests.workflows.runner import RUN_ID, Runner

REPO = "some-org/esdx_church"
FILE = "church.safetensors"
PLACE = "submissions/some-org__esdx.yaml"

GRANTED = ("unshare", "--map-current-user", "--net", "--", "true")
"""Succeeds where the system grants a network namespace of one's own."""


@dataclass
class Board:
    """All that a submission goes through.

    Attributes:
        api: GitHub.
        hub: holds the checkpoints.
        hosted: a machine of GitHub's.
        gpu: the machine of ours; it has the volume.
        volume: outlives its jobs.
    """

    api: Api
    hub: Hub
    hosted: Runner
    gpu: Runner
    volume: Path
    secrets: dict[str, str] = field(default_factory=lambda: {"HF_TOKEN": "hf_of_the_board"})

    def submit(self, files: dict[str, bytes | None]) -> int:
        """Opens a pull request that changes some files of main."""
        git = self.api.repository
        return self.api.open(Pull(git.commit(git.at("main"), files)))

    def context(self, **more: Any) -> dict[str, Any]:
        """What expressions see in a job on main."""
        github = {
            "ref": "refs/heads/main",
            "sha": self.api.repository.at("main"),
            "token": TOKEN,
            "event": {},
        }
        return {"github": github | more.pop("github", {}), "secrets": self.secrets, **more}

    def manifest_in_pull_request(self, number: int) -> dict[str, Any]:
        """The same in a job that a pull request starts."""
        event = {
            "pull_request": {
                "number": number,
                "head": {"sha": self.api.pulls[number].head},
                "base": {"sha": self.api.repository.at("main")},
            }
        }
        return self.context(github={"event": event}) | {"secrets": {}}


@pytest.fixture(scope="module")
def files_of_main(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose main branch has the files of this checkout, committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    )
    scratch = tmp_path_factory.mktemp("files")
    for name in listed.stdout.decode().split("\0")[:-1]:
        if (root / name).is_file() and not (root / name).is_symlink():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, scratch / name)
    checkout = Repository(scratch)
    checkout.raw("init", "--quiet", "--initial-branch=main")
    checkout.raw("add", "--all")
    checkout.raw("commit", "--quiet", "--message", "The board")
    return checkout


@pytest.fixture
def board(files_of_main: Repository, tmp_path: Path) -> Iterator[Board]:
    """A board without a row of ours, and a Hub without a repository."""
    repository = bare(tmp_path / "board.git")
    repository.raw("fetch", "--quiet", str(files_of_main.folder), "main:main")
    volume = tmp_path / "volume"
    with serving(repository) as api, serving_hub() as hub:
        environment = {
            "HOME": str(tmp_path / "home"),
            "GITHUB_API_URL": api.address,
            "GITHUB_REPOSITORY": NAME,
            "HF_ENDPOINT": hub.endpoint,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        machine = {
            "ERASEBENCH_VOLUME": str(volume),
            "ERASEBENCH_DEVICE": "cpu",
            "XDG_CACHE_HOME": str(volume / "cache"),
            **_without_namespaces(tmp_path),
        }
        artifacts: dict[str, Path] = {}
        yield Board(
            api,
            hub,
            Runner(repository, tmp_path / "hosted", environment, artifacts),
            Runner(repository, tmp_path / "gpu", environment | machine, artifacts),
            volume,
        )


def grants_namespaces() -> bool:
    """Whether the system gives a process a network of its own."""
    return subprocess.run(GRANTED, capture_output=True, check=False).returncode == 0


def _without_namespaces(folder: Path) -> dict[str, str]:
    """Where the system grants none, `unshare` runs the command as it is; otherwise nothing."""
    if grants_namespaces():
        return {}
    command = folder / "commands" / "unshare"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    command.chmod(0o755)
    return {"PATH": f"{command.parent}:{os.environ['PATH']}"}


def manifest_of(hub: Hub, content: bytes, **other: Any) -> bytes:
    """The manifest of one checkpoint, which is served from now on."""
    repository = hub.add(REPO, {FILE: content})
    pinned = PinnedFile(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    source = Source(
        repo=REPO, revision=repository.refs["main"], layout="diff", files={FILE: pinned}
    )
    facts: dict[str, Any] = {
        "schema_version": 1,
        "name": "ESD-x by some-org",
        "method": "esd_x",
        "licence": "MIT",
        "contact": "@somebody",
        "base": "pictogram-v1",
        "checkpoints": {"church": source},
    }
    return manifest_text(Manifest(**facts | other)).encode()


__all__ = ["FILE", "PLACE", "REPO", "RUN_ID", "Board", "grants_namespaces", "manifest_of"]
