"""Weights in one file and in shards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from erasebench.errors import CheckpointError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.weights_file import read_weights
from tests.layouts import save_shards
from tests.submission.conftest import KEY, Copies


def test_shards_that_diffusers_saved_are_one_model(
    base: BaseTensors, copies: Copies, tmp_path: Path
) -> None:
    """What save_pretrained splits is read as a whole, alone and inside a pipeline."""
    unet = UNet2DConditionModel.from_pretrained(copies.source / "unet", torch_dtype=torch.float16)
    unet.state_dict()[KEY].mul_(2)
    unet.save_pretrained(tmp_path / "erased" / "unet", max_shard_size="60KB")
    assert len(list((tmp_path / "erased" / "unet").glob("*.safetensors"))) > 1

    for path, layout in ((tmp_path / "erased" / "unet", "unet"), (tmp_path / "erased", "pipeline")):
        checkpoint = open_checkpoint(path)
        assert checkpoint.layout == layout
        assert list(load_changed_tensors(checkpoint, base)) == [f"unet.{KEY}"]


def _index(folder: Path) -> tuple[Path, dict[str, str]]:
    path = folder / "diffusion_pytorch_model.safetensors.index.json"
    return path, json.loads(path.read_text())["weight_map"]


def test_a_tensor_that_only_the_index_has_is_named(tmp_path: Path) -> None:
    """The index promises what the shard does not hold."""
    folder = save_shards(tmp_path, {"a": torch.ones(1), "b": torch.ones(2)})
    path, weight_map = _index(folder)
    path.write_text(json.dumps({"weight_map": weight_map | {"c": weight_map["a"]}}))

    with pytest.raises(CheckpointError, match="only the index has 'c'"):
        read_weights(folder, folder)


def test_a_tensor_that_only_a_shard_has_is_named(tmp_path: Path) -> None:
    """A shard holds what the index does not know."""
    folder = save_shards(tmp_path, {"a": torch.ones(1), "b": torch.ones(2), "c": torch.ones(1)})
    path, weight_map = _index(folder)
    del weight_map["c"]
    path.write_text(json.dumps({"weight_map": weight_map}))

    with pytest.raises(CheckpointError, match="only the shard has 'c'"):
        read_weights(folder, folder)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    """A download that is not complete says which file lacks."""
    folder = save_shards(tmp_path, {"a": torch.ones(1), "b": torch.ones(2)})
    _, weight_map = _index(folder)
    (folder / weight_map["b"]).unlink()

    with pytest.raises(CheckpointError, match=f"{weight_map['b']}' is missing"):
        read_weights(folder, folder)


def test_shards_beside_a_whole_file_are_not_chosen_between(tmp_path: Path) -> None:
    """Two saves of one model in one folder may differ."""
    folder = save_shards(tmp_path, {"a": torch.ones(1), "b": torch.ones(2)})
    save_file({"a": torch.zeros(1)}, folder / "diffusion_pytorch_model.safetensors")

    with pytest.raises(CheckpointError, match="ambiguous"):
        read_weights(folder, folder)


@pytest.mark.parametrize(
    "content",
    ["?", "[]", "{}", '{"weight_map": {}}', '{"weight_map": {"a": 1}}', '{"a": 1, "a": 2}'],
)
def test_what_is_no_index_is_refused(tmp_path: Path, content: str) -> None:
    """Anything but one unambiguous map from tensors to files."""
    (tmp_path / "model.safetensors.index.json").write_text(content)

    with pytest.raises(CheckpointError, match="ot an index of shards"):
        read_weights(tmp_path, tmp_path)


def test_a_snapshot_in_the_cache_of_the_hub_is_read(tmp_path: Path) -> None:
    """Its files are links into the repository's blobs, which are no way out."""
    repository = tmp_path / "models--org--name"
    (repository / "blobs").mkdir(parents=True)
    save_file({"a": torch.ones(1)}, repository / "blobs" / "0123")
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to(Path("..", "..", "blobs", "0123"))

    assert set(read_weights(snapshot, snapshot).tensors) == {"a"}


def test_too_many_shards_are_refused_before_any_is_read(tmp_path: Path) -> None:
    """None of them is there, and it is their number that is named."""
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {f"t{i}": f"{i}.safetensors" for i in range(65)}}))

    with pytest.raises(CheckpointError, match="65 shards; the limit is 64"):
        read_weights(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "a\\x.safetensors",
        "\u0007.safetensors",
        ".hidden.safetensors",
        "x.bin",
        "a/x.safetensors",
    ],
)
def test_a_shard_of_a_name_that_is_not_plain_is_refused(tmp_path: Path, name: str) -> None:
    """By the name alone, whether there is such a file or not."""
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": name}}))

    with pytest.raises(CheckpointError, match="without a path"):
        read_weights(tmp_path, tmp_path)
