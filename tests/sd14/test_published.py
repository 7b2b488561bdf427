"""Models of `sd14-v1` as they were published, small: fetched, compared, asked and judged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from erasebench.diffusion.base_files import current_names
from erasebench.errors import ProtocolError
from erasebench.hub.protocol_models import fetch_models
from erasebench.imagenet import IMAGENET_1K
from erasebench.protocol import SD14_V1
from erasebench.submission.digest import model_digest
from erasebench.submission.pin import check_pins, known_tensors, unverified
from tests.hub.client_process import client_of
from tests.hub.example_pictures import parquet_files
from tests.hub.hub_server import Hub
from tests.sd14.process import PROBES
from tests.sd14.published import ERASED

Small = tuple[Hub, dict[str, Any], Path]


@pytest.fixture
def cache(small: Small, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache into which everything was fetched, for this process as well."""
    _, _, folder = small
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return folder / "cache" / "erasebench"


def test_an_address_is_all_that_is_needed(small: Small) -> None:
    """The protocol follows from headers, its models from the protocol, records from both."""
    hub, report, _ = small
    base = hub.got(SD14_V1.base.source)

    assert report["inferred"] == SD14_V1.name
    assert report["fetched"] == [pin.address for pin in SD14_V1.models]
    assert [record["trial"]["probe"] for record in report["records"]] == list(PROBES)
    assert all(0 < record["judge_probability"] < 1 for record in report["records"])
    # Its headers first, to compare with; then each pinned file whole, and nothing else.
    assert (
        base[:2] == [name for name in SD14_V1.base.files if name.startswith(("text", "unet"))][1::2]
    )
    assert sorted(base[2:]) == sorted(SD14_V1.base.files)
    assert hub.got(ERASED)[-1] == "unet/diffusion_pytorch_model.safetensors"


def test_what_is_fetched_is_not_asked_for_again(cache: Path) -> None:
    """This process runs in offline mode, and finds all models."""
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert [pin.folder.is_relative_to(cache) for pin in fetch_models(SD14_V1)] == [True] * 4


@pytest.mark.usefixtures("cache")
def test_digests_that_the_protocol_lacks_are_told_and_held_to() -> None:
    """At first use they are written down; a file that changes after it is refused."""
    found = unverified(SD14_V1)
    config = SD14_V1.judge.model.folder / "config.json"
    before = config.read_bytes()

    assert set(found) == {pin.address for pin in SD14_V1.models}
    assert all(len(digest) == 64 for both in found.values() for digest in both.split())
    assert known_tensors(SD14_V1.base) == model_digest(SD14_V1.base.folder)
    assert known_tensors(SD14_V1.base) == found[SD14_V1.base.address].split()[0]
    config.write_bytes(before + b" ")
    try:
        with pytest.raises(
            ProtocolError, match="differ from those of its first use on this machine"
        ):
            check_pins(SD14_V1.judge.model)
    finally:
        config.write_bytes(before)


def test_what_was_not_fetched_says_how_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No model is drawn at random in the place of one that is not there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(ProtocolError, match="erasebench fetch --protocol"):
        check_pins(SD14_V1.clip)


def test_models_are_fetched_by_the_protocol_s_name(small: Small, tmp_path: Path) -> None:
    """Into an empty cache, whole; a second time the Hub is not asked.

    What the classifiers learn from is named, and fetched where that is asked for.
    """
    hub, _, _ = small
    photographs, _, commit = IMAGENET_1K.partition("@")
    hub.add(photographs, parquet_files(tmp_path), commit)
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    with client_of(hub.endpoint, tmp_path / "home") as client:
        fetched = client.run("fetch", "--protocol", SD14_V1.name, "--json", **environment)
        hub.asked.clear()
        again = client.run("fetch", "--protocol", SD14_V1.name, **environment)
        whole = client.run("fetch", "--protocol", SD14_V1.name, "--photographs", **environment)

    assert fetched.exit_code == 0, fetched.stderr
    models = json.loads(fetched.stdout)["models"]
    assert [one["address"] for one in models] == [pin.address for pin in SD14_V1.models]
    assert all((Path(one["path"]) / "config.json").exists() for one in models[1:])
    assert not list(Path(models[0]["path"]).rglob("README.md"))
    assert again.exit_code == 0
    assert f"{IMAGENET_1K} was not downloaded" in again.stderr
    assert whole.exit_code == 0, whole.stderr
    assert IMAGENET_1K in whole.stdout.splitlines()
    assert {path.split("/")[1] for _, path, _ in hub.asked} <= {"api", "datasets"}
    assert len({path for _, path, _ in hub.asked if path.endswith(".parquet")}) == 2


def test_a_submission_is_pinned_and_validated_by_headers_alone(
    small: Small, tmp_path: Path
) -> None:
    """Its own and its base's: neither is fetched."""
    hub, _, _ = small
    path = tmp_path / "some-org__esdu.yaml"
    hub.asked.clear()
    with client_of(hub.endpoint, tmp_path / "home") as client:
        environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        pinned = client.run("pin", ERASED, "-o", path, **environment)
        text = path.read_text().replace("contact: fill in", "contact: '@somebody'")
        path.write_text(text.replace(": fill in", ": MIT"))
        valid = client.run("validate", path, **environment)

    assert pinned.exit_code == 0, pinned.stderr
    assert "base: sd14-v1" in text
    assert valid.exit_code == 0, valid.stderr
    assert all(span is not None for method, path, span in hub.asked if "/resolve/" in path)
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_nothing_to_fetch_is_an_error(small: Small, tmp_path: Path) -> None:
    """Neither a submission nor a protocol was named."""
    hub, _, _ = small
    with client_of(hub.endpoint, tmp_path / "home") as client:
        answer = client.run("fetch", XDG_CACHE_HOME=str(tmp_path))

    assert answer.exit_code == 2
    assert "--protocol" in answer.stderr


def test_a_commit_that_lacks_a_file_is_an_error(tmp_path: Path, small: Small) -> None:
    """The file is named, and nothing is put in its place."""
    hub, _, _ = small
    pin = SD14_V1.clip
    blobs = hub.repositories[pin.source].commits[str(pin.revision)]
    lost = blobs.pop("merges.txt")
    try:
        with client_of(hub.endpoint, tmp_path / "home") as client:
            answer = client.run(
                "fetch", "--protocol", SD14_V1.name, XDG_CACHE_HOME=str(tmp_path / "cache")
            )
    finally:
        blobs["merges.txt"] = lost

    assert answer.exit_code == 2
    assert f"{pin.address}/merges.txt" in answer.stderr


def test_old_names_are_those_of_the_modules_today(small: Small) -> None:
    """Of the VAE's attention and of the text encoder; numbers that are no weights fall away."""
    _, _, folder = small
    vae = load_file(folder / "published" / "base" / "vae" / "diffusion_pytorch_model.safetensors")
    text = load_file(folder / "published" / "base" / "text_encoder" / "model.safetensors")
    renamed = current_names("vae", vae)

    old = "decoder.mid_block.attentions.0.proj_attn.weight"
    new = "decoder.mid_block.attentions.0.to_out.0.weight"
    assert torch.equal(renamed[new], vae[old])
    assert len(renamed) == len(vae)
    assert "embeddings.position_embedding.weight" in current_names("text_encoder", text)
    assert not any("position_ids" in name for name in current_names("text_encoder", text))
    assert len(current_names("text_encoder", text)) == len(text) - 1
