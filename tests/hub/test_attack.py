"""Embeddings of an attack that lie on the Hub, fetched by the real client."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from tests.attack.example_attack import HEAD
from tests.hub.client_process import Client
from tests.hub.conftest import files_below
from tests.hub.hub_server import Hub, Repository

NAME = "some-org/attacks"
FILE = "church/token.safetensors"
CONTENT = save({"rows": np.full((1, 128), 0.5, np.float32)})
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def repository(hub: Hub) -> Repository:
    """The file, and another in the same folder."""
    return hub.add(NAME, {FILE: CONTENT, "church/run.py": b"raise SystemExit"})


@pytest.fixture
def path(repository: Repository, tmp_path: Path) -> Path:
    """An attack that names the file."""
    path = tmp_path / "learned.yaml"
    path.write_text(
        f"{HEAD}embeddings:\n  repo: {NAME}\n  revision: {repository.refs['main']}\n"
        f"  path: {FILE}\n  size: {len(CONTENT)}\n  sha256: {DIGEST}\n",
        encoding="utf-8",
    )
    return path


def test_the_file_is_fetched_once_and_alone(
    hub: Hub, online: Client, offline: Client, path: Path, tmp_path: Path
) -> None:
    """It lies in the cache under its digest; then no network is needed."""
    answer = online.run("attack", "validate", path)
    again = offline.run("attack", "validate", path)

    assert answer.exit_code == 0, answer.stderr
    assert "1 learned token for church" in answer.stdout
    assert again.stdout == answer.stdout
    assert hub.got(NAME) == [FILE]
    place = tmp_path / "cache" / "erasebench" / "attacks" / DIGEST
    assert files_below(place) == {FILE}


@pytest.mark.parametrize(
    ("fault", "said"),
    [("size", "are pinned. Nothing is downloaded"), ("bytes", "another file"), ("gone", "no such")],
)
def test_another_file_than_is_pinned(
    repository: Repository, online: Client, path: Path, tmp_path: Path, fault: str, said: str
) -> None:
    """It is refused and leaves nothing in the cache."""
    if fault == "size":
        repository.sizes[FILE] = 10**15
    elif fault == "bytes":
        repository.flipped.add(FILE)
    else:
        text = path.read_text(encoding="utf-8").replace(FILE, "church/other.safetensors")
        path.write_text(text, encoding="utf-8")
    answer = online.run("attack", "validate", path)

    assert answer.exit_code == 2
    assert said in answer.stderr
    cache = tmp_path / "cache" / "erasebench" / "attacks"
    assert not any(name.endswith(".safetensors") for name in files_below(cache))
