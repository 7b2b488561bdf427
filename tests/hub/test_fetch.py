"""Fetching over HTTP by the real client: what comes, what is checked, and what is left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from erasebench.submission.checkpoint import open_checkpoint
from tests.hub.client_process import Client
from tests.hub.conftest import TEXT, UNET, Filled, fetched_files, files_below
from tests.hub.hub_server import TOKEN, Hub

Fill = Callable[..., Filled]

SHELF = "hub/some-org--esdx_church"


def test_only_what_makes_the_checkpoint_is_fetched(
    hub: Hub, online: Client, tmp_path: Path, unet: bytes, text_encoder: bytes
) -> None:
    """Of a whole pipeline, the weights of UNet and text encoder; no code, config or tokenizer."""
    others = {
        "model_index.json": b"{}",
        "pipeline.py": b"raise SystemExit",
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.bin": b"PK\x03\x04pickle",
        "unet/diffusion_pytorch_model.fp16.safetensors": unet,
        "vae/diffusion_pytorch_model.safetensors": unet,
        "safety_checker/model.safetensors": text_encoder,
        "tokenizer/vocab.json": b"{}",
    }
    repository = hub.add("some-org/esdx_church", {UNET: unet, TEXT: text_encoder, **others})
    answer = online.run("fetch", "some-org/esdx_church")
    commit = repository.refs["main"]
    folder = Path(answer.stdout.splitlines()[-1])

    assert answer.exit_code == 0, answer.stderr
    entry = tmp_path / "cache" / "erasebench" / SHELF / folder.name
    assert folder == entry
    assert fetched_files(tmp_path) == {f"{SHELF}/{folder.name}/{name}" for name in (UNET, TEXT)}
    assert answer.stdout.startswith(f"church: some-org/esdx_church@{commit}\n")
    assert open_checkpoint(folder).layout == "pipeline"
    assert (folder / UNET).read_bytes() == unet
    assert not {name for name in hub.got("some-org/esdx_church") if "safetensors" not in name}


@pytest.mark.parametrize(
    ("address", "files", "place"),
    [
        ("some-org/mine@dev", {"w.safetensors": 0}, ""),
        ("some-org/mine/church/weights", {"church/weights/model.safetensors": 0}, "church/weights"),
        ("some-org/mine/a/w.safetensors", {"a/w.safetensors": 0, "a/x.safetensors": 0}, "a/w.safe"),
        ("some-org/mine@dev/a", {"a/w.safetensors": 0, "w.safetensors": 0}, "a"),
    ],
)
def test_an_address_may_carry_a_revision_and_a_path(
    hub: Hub, online: Client, diff: bytes, address: str, files: dict[str, int], place: str
) -> None:
    """A branch, a folder or a file: only what was named is downloaded."""
    repository = hub.add("some-org/mine", {"old.safetensors": b"x"})
    commit = repository.commit(dict.fromkeys(files, diff), "dev" if "@dev" in address else "main")
    answer = online.run("fetch", address)
    path = Path(answer.stdout.splitlines()[-1])

    assert answer.exit_code == 0, answer.stderr
    assert commit in str(path)
    assert place in str(path)
    assert open_checkpoint(path).layout == "diff"
    assert len(set(hub.got("some-org/mine"))) == 1


def test_what_is_fetched_needs_no_network(
    hub: Hub, online: Client, offline: Client, filled: Fill
) -> None:
    """Manifest and address, moving branch included, are found again under HF_HUB_OFFLINE=1."""
    path = filled().path
    before = [offline.run("fetch", word) for word in (path, "some-org/esdx_church")]
    fetched = [online.run("fetch", word) for word in (path, "some-org/esdx_church")]
    hub.asked.clear()
    after = [offline.run("fetch", word) for word in (path, "some-org/esdx_church")]

    assert [answer.exit_code for answer in (*before, *fetched, *after)] == [2, 2, 0, 0, 0, 0]
    assert all("HF_HUB_OFFLINE is set" in answer.stderr for answer in before)
    assert [answer.stdout for answer in after] == [answer.stdout for answer in fetched]
    assert "Offline: using" in after[1].stderr
    assert hub.asked == []


def test_what_is_there_is_not_fetched_again(hub: Hub, online: Client, filled: Fill) -> None:
    """A second fetch of a manifest asks for nothing at all: the files are what it names."""
    path = filled().path
    online.run("fetch", path)
    hub.asked.clear()
    again = online.run("fetch", path)

    assert again.exit_code == 0
    assert hub.asked == []


def test_a_fetch_goes_on_with_the_file_that_is_missing(
    hub: Hub, online: Client, tmp_path: Path, filled: Fill, unet: bytes, text_encoder: bytes
) -> None:
    """Of two files the first came and the second broke: the first is kept, no piece is left."""
    made = filled({UNET: unet, TEXT: text_encoder})
    made.repository.short[UNET] = 1_000
    broken = online.run("fetch", made.path)
    left = fetched_files(tmp_path)
    made.repository.short.clear()
    hub.asked.clear()
    mended = online.run("fetch", made.path)

    assert broken.exit_code == 2
    assert f"/{UNET}: The download was incomplete" in broken.stderr
    assert [name.endswith(TEXT) for name in left] == [True]
    assert mended.exit_code == 0, mended.stderr
    assert hub.got("some-org/esdx_church") == [UNET]


def test_what_a_killed_fetch_left_is_removed(online: Client, tmp_path: Path, filled: Fill) -> None:
    """Pieces of files of a process that is gone take no room for ever."""
    made = filled()
    folder = Path(online.run("fetch", made.path).stdout.splitlines()[-1])
    piece = (
        folder.with_name(f"{folder.name}.incoming")
        / ".cache"
        / "huggingface"
        / "download"
        / "x.incomplete"
    )
    piece.parent.mkdir(parents=True)
    piece.write_bytes(b"half")
    answer = online.run("fetch", made.path)

    assert answer.exit_code == 0
    assert fetched_files(tmp_path) == {f"{SHELF}/{folder.name}/church.safetensors"}


def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    hub: Hub, online: Client, filled: Fill, unet: bytes
) -> None:
    """The client asks for the rest by range, and the whole is what the digest names."""
    # The client keeps 10 MiB at a time, so a longer file is needed: the same in single precision.
    wide = {name: values.astype(np.float32) for name, values in load(unet).items()}
    made = filled({UNET: save(wide)})
    made.repository.dropped[UNET] = 12 * 1024**2
    answer = online.run("fetch", made.path)
    ranges = [asked for method, path, asked in hub.asked if method == "GET" and UNET in path]

    assert answer.exit_code == 0, answer.stderr
    assert ranges == [None, f"bytes={10 * 1024**2}-"]


def test_a_wrong_file_is_named_and_removed(online: Client, tmp_path: Path, filled: Fill) -> None:
    """Bytes that changed on the way have another digest, and never reach their place."""
    made = filled()
    made.repository.flipped.add("church.safetensors")
    answer = online.run("fetch", made.path)

    assert answer.exit_code == 2
    assert "/church.safetensors: The SHA-256 is " in answer.stderr
    assert "The download is removed" in answer.stderr
    assert fetched_files(tmp_path) == set()


def test_a_file_that_was_changed_in_the_cache_is_fetched_again(
    online: Client, offline: Client, filled: Fill
) -> None:
    """The cache is believed only as far as its digests go."""
    made = filled()
    path = Path(online.run("fetch", made.path).stdout.splitlines()[-1]) / "church.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")
    refused = offline.run("fetch", made.path)
    path.write_bytes(whole[:-1] + b"?")
    mended = online.run("fetch", made.path)

    assert refused.exit_code == 2
    assert "differs from its pinned digest; downloading it again" in refused.stderr
    assert mended.exit_code == 0
    assert path.read_bytes() == whole


@pytest.mark.parametrize("kind", ["gated", "private"])
@pytest.mark.parametrize("token", [None, "hf_of_a_stranger", TOKEN])
def test_a_closed_repository_says_what_opens_it(
    hub: Hub, online: Client, diff: bytes, kind: str, token: str | None
) -> None:
    """Without a token it says so; with one that does not do, too; with the right one it opens."""
    setattr(hub.add("some-org/closed_church", {"w.safetensors": diff}), kind, True)
    given = {} if token is None else {"HF_TOKEN": token}
    answer = online.run("fetch", "some-org/closed_church", **given)

    if token == TOKEN:
        assert answer.exit_code == 0, answer.stderr
        return
    said = "No token is set" if token is None else "The current token has no access"
    assert answer.exit_code == 2
    assert kind in answer.stderr
    assert said in answer.stderr
    assert "hf auth login" in answer.stderr
    assert token is None or token not in answer.stderr


def test_a_link_out_of_the_cache_is_not_followed(
    online: Client, tmp_path: Path, filled: Fill
) -> None:
    """Where somebody put a link for a folder of the cache, nothing is written behind it."""
    made = filled()
    outside = tmp_path / "outside"
    outside.mkdir()
    entry = Path(online.run("fetch", made.path).stdout.splitlines()[-1])
    (entry / "church.safetensors").unlink()
    (entry / "church.safetensors").symlink_to(outside / "church.safetensors")
    answer = online.run("fetch", made.path)

    assert answer.exit_code == 2
    assert "leads out of it" in answer.stderr
    assert list(outside.iterdir()) == []


def test_size_is_checked_before_anything_is_fetched(hub: Hub, online: Client, diff: bytes) -> None:
    """A file of a terabyte is refused by what the tree says of it."""
    hub.add("some-org/big_church", {"w.safetensors": diff}).sizes["w.safetensors"] = 10**12
    answer = online.run("fetch", "some-org/big_church")

    assert answer.exit_code == 2
    assert "The file has 1000000000000 bytes; allowed are 1 to 10737418240" in answer.stderr
    assert hub.got("some-org/big_church") == []


def test_two_manifests_of_one_commit_do_not_meet(
    online: Client, tmp_path: Path, filled: Fill, unet: bytes, text_encoder: bytes
) -> None:
    """Each opens the files that it names, whatever another fetched before of the same commit."""
    made = filled({UNET: unet, TEXT: text_encoder})
    text = made.path.read_text(encoding="utf-8")
    alone = tmp_path / "alone.yaml"
    start, end = text.index(f"      {TEXT}:"), text.index(f"      {UNET}:")
    alone.write_text(text[:start] + text[end:], encoding="utf-8")
    answers = [online.run("fetch", path) for path in (made.path, alone)]
    folders = [Path(answer.stdout.splitlines()[-1]) for answer in answers]

    assert [answer.exit_code for answer in answers] == [0, 0], answers
    assert files_below(folders[0]) == {UNET, TEXT}
    assert files_below(folders[1]) == {UNET}


def test_a_manifest_with_another_digest_takes_nothing_away(
    hub: Hub, online: Client, offline: Client, filled: Fill
) -> None:
    """What another manifest fetched and verified is still there when this one was refused."""
    made = filled()
    path = Path(online.run("fetch", made.path).stdout.splitlines()[-1])
    hostile = made.path.with_name("hostile.yaml")
    text = made.path.read_text(encoding="utf-8")
    hostile.write_text(text.replace("sha256: ", f"sha256: {'a' * 64} #"), encoding="utf-8")
    hub.asked.clear()
    refused = online.run("fetch", hostile)

    assert refused.exit_code == 2
    assert "Nothing is downloaded" in refused.stderr
    assert hub.got("some-org/esdx_church") == []
    assert (path / "church.safetensors").exists()
    assert offline.run("fetch", made.path).exit_code == 0


def test_a_damaged_file_stays_until_the_right_one_came(
    online: Client, offline: Client, filled: Fill
) -> None:
    """Nothing is removed on the word of a digest before what it names was there."""
    made = filled()
    path = Path(online.run("fetch", made.path).stdout.splitlines()[-1]) / "church.safetensors"
    path.write_bytes(b"?")
    refused = offline.run("fetch", made.path)

    assert refused.exit_code == 2
    assert path.read_bytes() == b"?"
