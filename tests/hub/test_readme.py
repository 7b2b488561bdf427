"""The commands of README's section on submitting, run as they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from erasebench.manifest.manifest_file import load_pinned_manifest
from tests.hub.client_process import environment_of
from tests.hub.conftest import diff_of
from tests.hub.hub_server import Hub

EDITOR = """\
#!/bin/sh
sed -i -e 's/^method: fill in/method: ESD-x/' -e 's/^licence: fill in/licence: MIT/' \
  -e "s/^contact: fill in/contact: '@somebody'/" "$1"
"""
"""Fills in what is to be filled in, as an author would."""


def _block(readme: Path) -> str:
    """The commands of the section on submitting."""
    section = readme.read_text(encoding="utf-8").partition("\n## Submit\n")[2]
    (block,) = re.findall(r"(?ms)^```sh\n(.*?)^```$", section.partition("\n## ")[0])
    return str(block)


@pytest.mark.slow
def test_the_lines_on_submitting_work(root: Path, tmp_path: Path, hub: Hub, diff: bytes) -> None:
    """In a folder like a fresh clone, in order: at the end two concepts have a result together."""
    block = _block(root / "README.md")
    for concept in ("church", "golf_ball"):
        content = diff_of(diff, concept)
        hub.add(f"your-org/your-method_{concept}", {"erased.safetensors": content})
    clone, editor = tmp_path / "clone", tmp_path / "editor"
    (clone / "submissions").mkdir(parents=True)
    editor.write_text(EDITOR, encoding="utf-8")
    editor.chmod(0o755)
    environment = environment_of(hub.endpoint, tmp_path / "home") | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "EDITOR": str(editor),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert len(block.splitlines()) <= 10
    (path,) = (clone / "submissions").iterdir()
    assert path.name == "your-org__your-method.yaml"
    assert set(load_pinned_manifest(path).checkpoints) == {"church", "golf_ball"}
    result = json.loads((clone / done.stdout.splitlines()[-1]).read_text(encoding="utf-8"))
    assert {cell["erased"] for cell in result["cells"]} == {"church", "golf_ball"}
    assert (result["name"], result["declared"]["method"]) == (path.stem, "ESD-x")
    assert result["partial"] is not None
