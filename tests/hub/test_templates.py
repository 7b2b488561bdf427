"""The templates of released checkpoints: whole, unpinned, and pinned by one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.concepts import CONCEPTS
from erasebench.hub.validate import validate
from erasebench.manifest.errors import UnpinnedError
from erasebench.manifest.manifest_file import check_file_name, load_manifest
from tests.hub.client_process import Client
from tests.hub.conftest import UNET
from tests.hub.hub_server import Hub

METHODS = ("esdx", "esdu", "ga", "uce", "rece", "stereo", "tv")
"""As the names of the released repositories have them."""


@pytest.mark.parametrize("method", METHODS)
def test_a_template_covers_ten_objects_and_three_styles(root: Path, method: str) -> None:
    """Each is a manifest under the rules of all others, and says that it is unpinned."""
    path = root / "submissions" / f"DiffusionConceptErasure__{method}.yaml"
    check_file_name(path)
    manifest = load_manifest(path)

    assert set(manifest.checkpoints) == set(CONCEPTS) - {"gas_pump"}
    assert {
        source.repo == f"DiffusionConceptErasure/{method}_{concept}"
        for concept, source in manifest.checkpoints.items()
    } == {True}
    with pytest.raises(UnpinnedError, match="13 checkpoints are unpinned"):
        validate(path, Path("no cache is asked for"))


def test_a_template_is_pinned_and_validated_in_two_commands(
    root: Path, tmp_path: Path, hub: Hub, online: Client, unet: bytes
) -> None:
    """Where the repositories are there. Those served here are edits of the bundled base."""
    template = root / "submissions" / "DiffusionConceptErasure__esdx.yaml"
    path = tmp_path / template.name
    text = template.read_text(encoding="utf-8").replace("base: sd14-v1", "base: pictogram-v1")
    path.write_text(text, encoding="utf-8")
    for source in load_manifest(path).checkpoints.values():
        hub.add(source.repo, {UNET: unet, "model_index.json": b"{}"})
    pinned = online.run("pin", path)
    answer = online.run("validate", path)

    assert pinned.exit_code == 0, pinned.stderr
    assert answer.exit_code == 0, answer.stderr
    assert not load_manifest(path).unpinned


def test_what_a_template_lacks_is_told_for_all_at_once(
    root: Path, tmp_path: Path, hub: Hub, online: Client
) -> None:
    """Where no repository is there, each is named, and the file stays as it was."""
    template = root / "submissions" / "DiffusionConceptErasure__tv.yaml"
    path = tmp_path / template.name
    path.write_bytes(template.read_bytes())
    hub.add("some-org/other", {"a": b""})
    answer = online.run("pin", path)

    assert answer.exit_code == 2
    assert "13 faults" in answer.stderr
    assert answer.stderr.count("No such repository") == 13
    assert path.read_bytes() == template.read_bytes()
