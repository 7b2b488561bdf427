"""A Hub on loopback, the real client in a process of its own, and a base's files to serve."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.header import read_header
from tests.hub.client_process import Client, client_of
from tests.hub.hub_server import Hub, Repository, serving

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"

IMPORTED = (
    "huggingface_hub.hf_api",
    "httpx2",
    *(f"erasebench.cli.{verb}" for verb in ("main", "pin", "validate", "fetch", "evaluate")),
)
"""What the verbs that are tried here import, so that no command's memory is that of imports."""


@pytest.fixture(scope="session")
def _served() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


@pytest.fixture
def hub(_served: Hub) -> Hub:
    """A Hub without a repository."""
    _served.repositories.clear()
    _served.asked.clear()
    _served.sent = 0
    return _served


@pytest.fixture(scope="session")
def _online(_served: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with client_of(_served.endpoint, tmp_path_factory.mktemp("home")) as client:
        yield client


@pytest.fixture(scope="session")
def _apart(_served: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("home")
    with client_of(_served.endpoint, home, imported=IMPORTED) as client:
        yield client


@pytest.fixture(scope="session")
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    # Port 9 discards; were anything asked, it would be refused there and the message be another.
    home = tmp_path_factory.mktemp("home")
    with client_of("http://127.0.0.1:9", home, offline=True) as client:
        yield client


@pytest.fixture
def online(_online: Client, tmp_path: Path) -> Client:
    """Runs commands that may ask the Hub; the cache is the test's own."""
    return Client(_online.process, {"XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.fixture
def apart(_apart: Client, tmp_path: Path) -> Client:
    """Runs commands that may ask the Hub, each in a process of its own, whose memory is known."""
    return Client(_apart.process, {"XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.fixture
def offline(_offline: Client, tmp_path: Path) -> Client:
    """Runs commands under HF_HUB_OFFLINE=1, with the same cache."""
    return Client(_offline.process, {"XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.fixture(scope="session")
def unet() -> bytes:
    """The bundled base's UNet with one tensor doubled."""
    path = PICTOGRAM_V1.base.folder / UNET
    entry = read_header(path).tensors["conv_out.bias"]
    content = bytearray(path.read_bytes())
    assert entry.dtype == "F16"
    values = np.frombuffer(content, "<f2", (entry.end - entry.begin) // 2, entry.begin)
    values *= 2
    return bytes(content)


@pytest.fixture(scope="session")
def text_encoder() -> bytes:
    """The bundled base's text encoder, as it is."""
    return (PICTOGRAM_V1.base.folder / TEXT).read_bytes()


@pytest.fixture(scope="session")
def diff(root: Path) -> bytes:
    """A diff of the bundled base from which a church was erased."""
    return (root / "submissions" / "examples" / "esd_x_church.safetensors").read_bytes()


def diff_of(diff: bytes, concept: str) -> bytes:
    """The same diff with another concept on its card."""
    end = 8 + int.from_bytes(diff[:8], "little")
    header = json.loads(diff[8:end])
    own = json.loads(header["__metadata__"]["erasebench"])
    own["card"]["concept"] = concept
    header["__metadata__"]["erasebench"] = json.dumps(own)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + diff[end:]


@dataclass(frozen=True)
class Filled:
    """A manifest as its author would submit it.

    Attributes:
        path: the file.
        repository: what it names, as it is served.
    """

    path: Path
    repository: Repository

    def edit(self, old: str, new: str) -> None:
        """Replaces what is there at least once."""
        text = self.path.read_text(encoding="utf-8")
        assert old in text
        self.path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def filled(
    hub: Hub, online: Client, tmp_path: Path, diff: bytes
) -> Callable[[dict[str, bytes] | None], Filled]:
    """Serves a repository, pins it, and fills in what is to be filled in."""

    def make(files: dict[str, bytes] | None = None) -> Filled:
        repository = hub.add("some-org/esdx_church", files or {"church.safetensors": diff})
        path = tmp_path / "some-org__esdx_church.yaml"
        answer = online.run("pin", "some-org/esdx_church", "-o", path)
        assert answer.exit_code == 0, answer.stderr
        text = path.read_text(encoding="utf-8")
        text = re.sub("contact: fill in", "contact: '@somebody'", text)
        path.write_text(text.replace(": fill in", ": MIT"), encoding="utf-8")
        hub.asked.clear()
        return Filled(path, repository)

    return make


def files_below(folder: Path) -> set[str]:
    """Every file below a folder, by path."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def fetched_files(tmp_path: Path) -> set[str]:
    """The files in the cache, but locks and what was last answered."""
    names = files_below(tmp_path / "cache" / "erasebench")
    return {name for name in names if not name.endswith(".lock") and "/asked/" not in name}
