"""What a client takes from a Hub, at most, and on whose word: each bound can be seen to hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from erasebench.concepts import CONCEPTS
from erasebench.errors import DiskFullError
from erasebench.hub import fetch as fetching
from erasebench.hub.client import Commit
from erasebench.hub.download_cache import CacheEntry
from erasebench.hub.errors import HubError
from erasebench.hub.validate import validate
from erasebench.manifest.errors import ManifestError
from erasebench.manifest.manifest import PinnedFile, Source
from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.base_tensors import open_base
from erasebench.submission.formats.diff_writer import write_prompt_filter
from erasebench.submission.header import LONGEST_HEADER
from tests.hub.client_process import Client
from tests.hub.conftest import UNET
from tests.hub.example_manifest import MANIFEST
from tests.hub.hub_server import Hub
from tests.hub.test_hostile import dense_file, entry, tensors_file
from tests.registered import only

MEGABYTE = 1024 * 1024
NAME = "some-org/esdx_church"

SOURCE = Source(
    repo=NAME,
    revision="0" * 40,
    layout="diff",
    files={"w.safetensors": PinnedFile(size=1000, sha256="0" * 64)},
)


def test_of_a_body_no_more_is_read_than_a_header_needs(
    hub: Hub, apart: Client, tmp_path: Path
) -> None:
    """A server without ranges sends the whole file; reading stops after the header."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(dense_file(100)[:50])
        file.truncate(48 * MEGABYTE)
    hub.add(NAME, {UNET: path}).deaf = True
    answer = apart.run("fetch", NAME)

    assert answer.exit_code == 2
    assert "Not a complete safetensors file" in answer.stderr
    assert hub.sent < 24 * MEGABYTE
    assert answer.grown < 24 * MEGABYTE


def test_a_header_beyond_all_bounds_is_not_asked_for(hub: Hub, apart: Client) -> None:
    """The first bytes state that it is too long."""
    hub.add(NAME, {UNET: dense_file(16 * MEGABYTE)})
    answer = apart.run("fetch", NAME)

    assert "the limit is 4194304" in answer.stderr
    assert [asked for _, path, asked in hub.asked if "/resolve/" in path] == ["bytes=0-131071"]


def test_of_long_headers_one_is_held_at_a_time(hub: Hub, apart: Client) -> None:
    """Many files next to the parts of a pipeline are read, and none is kept."""
    long = tensors_file({"__metadata__": {"a": "x" * (LONGEST_HEADER - 32)}}, b"")
    unet = tensors_file({"conv_in.weight": entry([1], 0, 4)})
    hub.add(NAME, {UNET: unet} | {f"{at}.safetensors": long for at in range(24)})
    answer = apart.run("fetch", NAME)

    assert answer.exit_code == 0, answer.stderr
    # Were all 24 kept, it would be 29 times.
    assert answer.grown < 12 * LONGEST_HEADER


def test_a_long_index_is_not_fetched(hub: Hub, apart: Client, unet: bytes) -> None:
    """It is refused by what the tree says of it."""
    index = f"{UNET}.index.json"
    hub.add(NAME, {UNET: unet, index: b"{}"}).sizes[index] = 4 * MEGABYTE + 1
    answer = apart.run("fetch", NAME)

    assert answer.exit_code == 2
    assert f"{index}: The file has 4194305 bytes; allowed are 1 to 4194304" in answer.stderr
    assert hub.got(NAME) == []


def test_a_listing_without_end_is_left(hub: Hub, apart: Client, diff: bytes) -> None:
    """Ten thousand files are looked through, whatever they are."""
    hub.add(NAME, {"w.safetensors": diff}).more.extend(f"{at}.txt" for at in range(10_000))
    answer = apart.run("fetch", NAME)

    assert answer.exit_code == 2
    assert "More than 10000 files" in answer.stderr


def test_bytes_are_counted_as_they_lie(hub: Hub, apart: Client) -> None:
    """A server that compresses is asked not to: the second range goes on where the first ended."""
    entry = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    header = "{" + ",".join(f'"t{at}":{entry}' for at in range(6_000)) + "}"
    content = len(header).to_bytes(8, "little") + header.encode()
    hub.add(NAME, {UNET: content}).squeezes = True
    answer = apart.run("fetch", NAME)

    assert answer.exit_code == 0, answer.stderr
    assert (Path(answer.stdout.splitlines()[-1]) / UNET).read_bytes() == content
    assert len([path for _, path, asked in hub.asked if asked and UNET in path]) == 2


@pytest.mark.parametrize("answered", ["main", "../../../evil", "0" * 39, "G" * 40])
def test_a_commit_of_another_form_is_no_commit(
    hub: Hub, apart: Client, tmp_path: Path, diff: bytes, answered: str
) -> None:
    """What the Hub calls one is made into a path."""
    repository = hub.add(NAME, {"w.safetensors": diff})
    repository.moved = repository.commit({"w.safetensors": diff}, name=answered)
    answer = apart.run("fetch", NAME)

    assert answer.exit_code == 2
    assert "The Hub returns no commit" in answer.stderr
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_a_prompt_filter_cannot_be_submitted(hub: Hub, apart: Client, tmp_path: Path) -> None:
    """It is a layout of ours, for a row that is always there; a manifest knows no such."""
    path = tmp_path / "w.safetensors"
    write_prompt_filter(path, CONCEPTS["church"], open_base(PICTOGRAM_V1).digest)
    hub.add(NAME, {path.name: path.read_bytes()})
    answer = apart.run("pin", NAME, "-o", tmp_path / "x.yaml")

    assert answer.exit_code == 2
    assert "A prompt_filter cannot be submitted. Allowed: " in answer.stderr


def test_what_the_tree_does_not_tell_is_digested_here(hub: Hub, apart: Client, diff: bytes) -> None:
    """Of a file outside large-file storage the digest is known once it was fetched."""
    hub.add(NAME, {"w.safetensors": diff}).plain_git.add("w.safetensors")

    assert apart.run("fetch", NAME).exit_code == 0


def test_every_pickle_that_is_needed_is_in_the_command(hub: Hub, apart: Client) -> None:
    """A pipeline of pickles is converted whole, or its text encoder would be lost."""
    names = ("unet/diffusion_pytorch_model.bin", "text_encoder/pytorch_model.bin")
    hub.add(NAME, dict.fromkeys(names, b"PK\x03\x04"))
    answer = apart.run("fetch", NAME)
    command = answer.stderr.partition("submit that: ")[2]

    assert answer.exit_code == 2
    assert f"hf download {NAME} {' '.join(names)} --revision" in command
    for name in names:
        written = f"converted/{name.removesuffix('.bin')}.safetensors"
        assert f"converted/{name} {written}" in command


def test_a_concept_that_the_protocol_lacks_is_refused(tmp_path: Path) -> None:
    """Of all concepts that there are a protocol may have a few; nothing is asked for the others."""
    few = replace(PICTOGRAM_V1, name="few", ranked=("golf_ball",), retention=(), erasable=())
    path = tmp_path / "some-org__x.yaml"
    path.write_text(
        MANIFEST.replace("pictogram-v1", few.name).partition("  van_gogh:")[0], encoding="utf-8"
    )

    with only(few, few.name), pytest.raises(ManifestError, match="Unknown concept 'church'"):
        validate(path, tmp_path)


def test_room_is_looked_for_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that cannot hold all files is left as it is."""
    monkeypatch.setattr(
        fetching, "shutil", SimpleNamespace(disk_usage=lambda _: SimpleNamespace(free=999))
    )

    with pytest.raises(DiskFullError):
        fetching.fetch(SOURCE, tmp_path)


def test_a_link_that_came_is_not_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later reader would follow it; the client writes none so far."""
    came, secret = tmp_path / "came", tmp_path / "secret"
    secret.write_text("secret")
    came.symlink_to(secret)
    monkeypatch.setattr(fetching, "download", lambda *_: came)

    with pytest.raises(HubError, match="not a plain file"):
        fetching.fetch_file(
            Commit(NAME, "0" * 40), "w.safetensors", None, CacheEntry(tmp_path / "entry")
        )
    assert not (tmp_path / "entry").exists()
