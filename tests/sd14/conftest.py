"""The whole way in a process of its own, against a Hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hub.client_process import ROOT
from tests.hub.hub_server import Hub, serving
from tests.sd14.published import publish
from tests.sd14.sizes import SIZES


def travelled(hub: Hub, size: str, dtype: str, folder: Path, threads: int = 1) -> dict[str, Any]:
    """Goes the whole way against a Hub, with an empty cache, and returns the report."""
    environment = os.environ | {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "OMP_NUM_THREADS": str(threads),
        # Large tensors in large pages: of the time a sixth went into making small ones.
        "THP_MEM_ALLOC_ENABLE": "1",
    }
    subprocess.run(
        [sys.executable, "-m", "tests.sd14.process", size, dtype, str(folder)],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A Hub with small models of `sd14-v1`, and what the whole way gave."""
    folder = tmp_path_factory.mktemp("small")
    with serving() as hub:
        publish(hub, folder / "published", SIZES["small"])
        yield hub, travelled(hub, "small", "float32", folder), folder
