"""What evaluate is given: a place here, a manifest or an address, fetched and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from erasebench.errors import RequestError
from erasebench.evaluation.plan.request import request
from erasebench.hub.address import Address
from erasebench.hub.checkpoint_argument import CheckpointArgument, read_checkpoint_argument
from tests.hub.client_process import Client
from tests.hub.conftest import UNET, Filled, diff_of
from tests.hub.example_manifest import COMMIT, MANIFEST, SHA256
from tests.hub.hub_server import Hub

Fill = Callable[..., Filled]

SMALL = ("--probe", "standard_prompt", "--limit", "2", "--images", "none", "--threads", "1")
"""The least that draws a picture."""


def test_what_is_here_is_taken_as_it_is(tmp_path: Path, root: Path) -> None:
    """A path that exists, and a name that could be no address, are left to who opens them."""
    here = root / "submissions" / "examples" / "esd_x_church.safetensors"

    assert read_checkpoint_argument(str(here), ("church",), tmp_path) == (
        CheckpointArgument(here, ("church",)),
    )
    assert read_checkpoint_argument("../nowhere", (), tmp_path) == (
        CheckpointArgument(Path("../nowhere"), ()),
    )
    assert list(tmp_path.iterdir()) == []


def test_a_concept_that_a_manifest_lacks_is_named(tmp_path: Path) -> None:
    """Before anything is fetched, with those that it has."""
    path = tmp_path / "some-org__esd_x.yaml"
    pinned = MANIFEST.replace("  van_gogh:", "  tench:").replace("unpinned", COMMIT)
    file = f"      van_gogh/weights.safetensors:\n        size: 1\n        sha256: {SHA256}\n"
    path.write_text(f"{pinned}    files:\n{file}", encoding="utf-8")

    with pytest.raises(
        RequestError, match=r"no checkpoint for airliner\. Choose --concept from: church, tench"
    ):
        read_checkpoint_argument(str(path), ("airliner",), tmp_path)


def test_a_result_names_the_submission_and_not_the_cache(root: Path) -> None:
    """Its folder is called after the repository, and its command names the commit."""
    here = root / "submissions" / "examples" / "esd_x_church.safetensors"
    address = f"some-org/esdx_church@{COMMIT}"
    asked = request(here, name="some-org__esdx_church", address=address)

    assert asked.folder == Path("runs/some-org__esdx_church")
    assert asked.checkpoint.name == "some-org__esdx_church"
    assert asked.command.startswith(f"erasebench evaluate {address} --protocol pictogram-v1")
    assert Address("org/name", "main", "a/w.safetensors").name == "org__name_a_w"


def test_a_name_that_is_nowhere_says_where_it_was_looked_for(hub: Hub, online: Client) -> None:
    """Neither here nor on the Hub: both are said."""
    hub.add("some-org/other", {"a": b""})
    answer = online.run("evaluate", "some-org/esdx_church")

    assert answer.exit_code == 2
    assert "No local file some-org/esdx_church; trying the Hugging Face Hub." in answer.stderr
    assert "No such repository" in answer.stderr


def _lines(run: Path) -> list[str]:
    """What a run recorded."""
    return (run / "records.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["diff", "unet", "pipeline"])
def test_a_repository_is_evaluated_as_the_same_weights_here(
    hub: Hub,
    online: Client,
    offline: Client,
    tmp_path: Path,
    diff: bytes,
    unet: bytes,
    layout: str,
) -> None:
    """From the address alone, then without a network: the same tensors, pictures and verdicts."""
    files = {
        "diff": {"church.safetensors": diff},
        "unet": {"diffusion_pytorch_model.safetensors": unet},
        "pipeline": {UNET: unet},
    }[layout]
    hub.add("some-org/esdx_church", files)
    for name, content in files.items():
        (tmp_path / "here" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / name).write_bytes(content)
    asked = {
        "address": (online, "some-org/esdx_church"),
        "offline": (offline, "some-org/esdx_church"),
        "here": (offline, tmp_path / "here"),
    }
    found = {}
    for name, (client, place) in asked.items():
        words = ("--concept", "church", *SMALL, "--output", tmp_path / "runs" / name, "--json")
        answer = client.run("evaluate", place, *words)
        assert answer.exit_code == 0, answer.stderr
        found[name] = json.loads(answer.stdout)
    digests = {result["checkpoints"][0]["identity"]["tensors_digest"] for result in found.values()}
    cells = [json.dumps(result["cells"]) for result in found.values()]

    assert len(digests) == 1
    assert len(set(cells)) == 1
    (checkpoint,) = found["address"]["checkpoints"]
    assert found["address"]["name"] == "some-org__esdx_church"
    assert checkpoint["identity"]["layout"] == layout
    assert checkpoint["address"].startswith("some-org/esdx_church@")
    assert found["here"]["checkpoints"][0]["address"] is None
    pictures = [
        [json.loads(line)["picture_digest"] for line in _lines(tmp_path / "runs" / name)]
        for name in asked
    ]
    assert pictures[0] == pictures[1] == pictures[2]


@pytest.mark.slow
def test_every_checkpoint_of_a_manifest_is_evaluated_into_one_result(
    hub: Hub, online: Client, tmp_path: Path, diff: bytes, filled: Fill
) -> None:
    """Fetched by the real client, each in a run of its own; one concept alone is its checkpoint."""
    manifest = filled()
    hub.add("some-org/esdx_golf_ball", {"golf_ball.safetensors": diff_of(diff, "golf_ball")})
    path = tmp_path / "some-org__esdx.yaml"
    one, other = (manifest.path.read_text(encoding="utf-8"), tmp_path / "other.yaml")
    assert online.run("pin", "some-org/esdx_golf_ball", "-o", other).exit_code == 0
    added = other.read_text(encoding="utf-8").split("checkpoints:\n")[1]
    path.write_text(one + added, encoding="utf-8")
    folder = tmp_path / "runs"
    words = ("evaluate", path, *SMALL, "--output", folder, "--json")
    answer = online.run(*words)
    assert answer.exit_code == 0, answer.stderr
    row = json.loads(answer.stdout)

    assert row["path"] == str(folder / "result.json")
    assert row["name"] == "some-org__esdx"
    assert {cell["erased"] for cell in row["cells"]} == {"church", "golf_ball"}
    assert row["score"]["concepts"] == ["church", "golf_ball"]
    assert row["declared"]["method"] == "MIT"
    assert {one["address"].split("@")[0] for one in row["checkpoints"]} == {
        "some-org/esdx_church",
        "some-org/esdx_golf_ball",
    }
    runs = sorted(run.parent.name for run in folder.glob("checkpoints/*/run.json"))
    assert runs == ["church", "golf_ball"]

    again = online.run(*words, "--concept", "golf_ball")
    assert again.exit_code == 0, again.stderr
    assert "0 images (2 done)" in again.stderr
    assert [cell["erased"] for cell in json.loads(again.stdout)["cells"]] == ["golf_ball"]
