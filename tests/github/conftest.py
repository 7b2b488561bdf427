"""A GitHub on loopback whose main branch has a file, and the environment of a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from erasebench.github.client import Github, github_from
from tests.github.api_server import Api, serving
from tests.github.git_repository import bare


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A repository with one commit on main."""
    repository = bare(tmp_path / "repository.git")
    repository.point("main", repository.commit(None, {"README.md": b"a board\n"}))
    with serving(repository) as api:
        yield api


@pytest.fixture
def github(api: Api) -> Github:
    """The same, as the package asks it."""
    return github_from(api.environment)
