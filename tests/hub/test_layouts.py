"""Every layout in which a submission may be given: from the Hub it means what it means here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from erasebench.errors import CheckpointError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card, DiffHeader
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff import MadeKind
from erasebench.submission.make import make_diff
from tests.hub.client_process import Client
from tests.hub.conftest import TEXT, UNET
from tests.hub.hub_server import Hub
from tests.layouts import save_original, save_shards

State = dict[str, torch.Tensor]

KEY = "conv_out.weight"
CONFIG = "adapter_config.json"


def _unet() -> State:
    """The bundled base's UNet with one tensor doubled."""
    tensors = load_file(PICTOGRAM_V1.base.folder / UNET)
    return tensors | {KEY: tensors[KEY] * 2}


def _text_encoder() -> State:
    tensors = load_file(PICTOGRAM_V1.base.folder / TEXT)
    return tensors | {"final_layer_norm.bias": tensors["final_layer_norm.bias"] + 1}


def _lora(folder: Path) -> None:
    """An adapter of PEFT whose alpha is eight times its rank."""
    out, *others = _unet()[KEY].shape
    generator = torch.Generator().manual_seed(0)
    name = f"base_model.model.{KEY.removesuffix('.weight')}.lora_"
    factors = {
        f"{name}A.weight": torch.randn((2, *others), generator=generator),
        f"{name}B.weight": torch.randn((out, 2, 1, 1), generator=generator),
    }
    save_file(factors, folder / "adapter_model.safetensors")
    (folder / CONFIG).write_text(json.dumps({"r": 2, "lora_alpha": 16, "peft_type": "LORA"}))


def _single(folder: Path) -> None:
    config = json.loads((PICTOGRAM_V1.base.folder / "unet" / "config.json").read_text())
    layers = config["layers_per_block"]
    save_original(folder / "model.safetensors", _unet(), _text_encoder(), layers)


def _text_shards(folder: Path) -> None:
    """As transformers saved them of old; the second holds nothing that is read."""
    tensors = {"text_model.embeddings.position_ids": torch.arange(4)[None]}
    place = folder / "text_encoder"
    place.mkdir()
    files = {"model-00001-of-00002": _text_encoder(), "model-00002-of-00002": tensors}
    weight_map = {}
    for stem, own in files.items():
        save_file(own, place / f"{stem}.safetensors", {"format": "pt"})
        weight_map |= dict.fromkeys(own, f"{stem}.safetensors")
    index = json.dumps({"weight_map": weight_map})
    (place / "model.safetensors.index.json").write_text(index)


def _made(kind: MadeKind) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        erased = folder.with_name("erased.safetensors")
        save_file(_unet(), erased)
        base = open_base(PICTOGRAM_V1)
        path = folder / "church.safetensors"
        rank = 1 if kind == "low_rank" else 0
        make_diff(open_checkpoint(erased), base, path, kind=kind, rank=rank, card=Card())

    return write


def _delta(folder: Path) -> None:
    base = open_base(PICTOGRAM_V1).digest
    header = DiffHeader(schema_version=1, kind="delta", base=base)
    change = {f"unet.{KEY}": _unet()[KEY]}
    save_file(change, folder / "church.safetensors", header.as_metadata())


LAYOUTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "lora": ("lora", _lora),
    "single file": ("original", _single),
    "unet": ("unet", lambda folder: save_file(_unet(), folder / "unet.safetensors")),
    "shards": ("unet", lambda folder: save_shards(folder, _unet())),
    "text encoder": (
        "text_encoder",
        lambda folder: save_file(_text_encoder(), folder / "model.safetensors"),
    ),
    "a shard of which nothing is read": ("pipeline", _text_shards),
    "replace": ("diff", _made("replace")),
    "sparse": ("diff", _made("sparse")),
    "low rank": ("diff", _made("low_rank")),
    "delta": ("diff", _delta),
}
"""Layout as a manifest names it, and what writes one such into a folder."""


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_layout_from_the_hub_means_what_it_means_here(
    hub: Hub, online: Client, tmp_path: Path, kind: str
) -> None:
    """Pinned, fetched and read, it has the digest of the same files that never left."""
    layout, write = LAYOUTS[kind]
    here = tmp_path / "here"
    here.mkdir()
    write(here)
    hub.add("some-org/esdx_church", _files(here))
    fetched = online.run("fetch", "some-org/esdx_church", "--json")
    assert fetched.exit_code == 0, fetched.stderr
    there = json.loads(fetched.stdout)["checkpoints"][0]["path"]
    answers = [online.run("diff", "show", place, "--json") for place in (there, here)]
    assert [answer.exit_code for answer in answers] == [0, 0], answers
    shown = [json.loads(answer.stdout) for answer in answers]

    assert shown[0]["layout"] == layout
    assert shown[0]["tensors_digest"] == shown[1]["tensors_digest"]
    assert _files(Path(there)) == _files(here)


@pytest.mark.parametrize("place", ["", "/adapter_model.safetensors"])
def test_the_settings_of_an_adapter_are_pinned(
    hub: Hub, online: Client, tmp_path: Path, place: str
) -> None:
    """Whether its folder or its file is named; a manifest that leaves them out is refused."""
    here = tmp_path / "here"
    here.mkdir()
    _lora(here)
    repository = hub.add("some-org/lora_church", _files(here))
    repository.plain_git.add(CONFIG)
    path = tmp_path / "some-org__lora.yaml"
    pinned = online.run("pin", f"some-org/lora_church{place}", "-o", path)
    assert pinned.exit_code == 0, pinned.stderr
    text = path.read_text(encoding="utf-8").replace("contact: fill in", "contact: '@somebody'")
    path.write_text(text.replace(": fill in", ": MIT"), encoding="utf-8")
    whole = [online.run(verb, path) for verb in ("validate", "fetch")]
    start = text.index(f"      {CONFIG}:")
    rest = text[start:].split("      adapter_model")
    left = text[:start] + "".join(f"      adapter_model{one}" for one in rest[1:])
    path.write_text(left.replace(": fill in", ": MIT"), encoding="utf-8")
    lacking = [
        online.run(verb, path, XDG_CACHE_HOME=str(tmp_path)) for verb in ("validate", "fetch")
    ]

    assert [answer.exit_code for answer in whole] == [0, 0], whole
    assert [answer.exit_code for answer in lacking] == [2, 2]
    assert all(f"/{CONFIG}: The " in answer.stderr for answer in lacking)
    assert all("`files` does not list" in answer.stderr for answer in lacking)


def test_long_settings_are_not_fetched(hub: Hub, online: Client, tmp_path: Path) -> None:
    """They have about one thousand bytes; more is refused by what the tree says."""
    _lora(tmp_path)
    hub.add("some-org/lora_church", {**_files(tmp_path), CONFIG: b" " * (256 * 1024 + 1)})
    answer = online.run("fetch", "some-org/lora_church")

    assert answer.exit_code == 2
    assert f"/{CONFIG}: The file has 262145 bytes; allowed are 1 to 262144" in answer.stderr
    assert hub.got("some-org/lora_church") == []


def test_an_unknown_alpha_is_refused(tmp_path: Path) -> None:
    """Where settings leave it out, the rank is not what its author trained with."""
    _lora(tmp_path)
    (tmp_path / CONFIG).write_text('{"r": 2}')

    with pytest.raises(CheckpointError, match="have no lora_alpha"):
        open_checkpoint(tmp_path)
