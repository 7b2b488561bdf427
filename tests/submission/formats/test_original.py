"""Single-file checkpoints in the original naming."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from safetensors.torch import load_file, save_file

from erasebench.errors import CheckpointError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.original import unet_name
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.match import mismatch
from tests.layouts import original_unet_names, save_original
from tests.submission.conftest import KEY, Copies


def _names_of_sd14() -> list[str]:
    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=64,
            block_out_channels=(320, 640, 1280, 1280),
            cross_attention_dim=768,
            attention_head_dim=8,
            layers_per_block=2,
        )
    return list(unet.state_dict())


def _names_of_pictogram() -> list[str]:
    tensors = open_base(PICTOGRAM_V1).tensors
    return [name.removeprefix("unet.") for name in tensors if name.startswith("unet.")]


@pytest.fixture(scope="module", params=["sd14", "pictogram"])
def shape(request: pytest.FixtureRequest) -> tuple[list[str], int]:
    """The names of a UNet that is evaluated, and its layers per block."""
    return (_names_of_sd14(), 2) if request.param == "sd14" else (_names_of_pictogram(), 1)


def test_every_name_maps_both_ways(shape: tuple[list[str], int]) -> None:
    """Each tensor of either UNet has one original name, and comes back from it."""
    names, layers = shape
    original = original_unet_names(names, layers)

    assert len(set(original.values())) == len(names) > 200
    assert {unet_name(original[name], layers + 1): name for name in names} == dict(
        zip(names, names, strict=True)
    )


def test_diffusers_converts_to_the_same_names(shape: tuple[list[str], int]) -> None:
    """The library's own conversion, asked for each tensor, agrees with ours."""
    names, layers = shape
    marks = {name: torch.tensor(place) for place, name in enumerate(names)}
    original = {
        f"model.diffusion_model.{old}": marks[name]
        for name, old in original_unet_names(names, layers).items()
    }

    converted = convert_ldm_unet_checkpoint(dict(original), {"layers_per_block": layers})
    ours = {
        unet_name(old.removeprefix("model.diffusion_model."), layers + 1): mark
        for old, mark in original.items()
    }

    assert {name: int(mark) for name, mark in converted.items()} == {
        name: int(mark) for name, mark in ours.items()
    }


def test_a_single_file_of_the_bundled_base_is_an_edit_of_it(tmp_path: Path) -> None:
    """UNet and text encoder are found under the old names; the rest of the file is passed over."""
    base = open_base(PICTOGRAM_V1)
    folder = PICTOGRAM_V1.base.folder
    unet = load_file(folder / "unet" / "diffusion_pytorch_model.safetensors")
    text_encoder = load_file(folder / "text_encoder" / "model.safetensors")
    unet["conv_in.bias"] += 1
    path = save_original(tmp_path / "model.safetensors", unet, text_encoder, layers=1)

    checkpoint = open_checkpoint(path)

    assert checkpoint.layout == "original"
    assert set(checkpoint.tensors) == set(base.tensors)
    assert mismatch(checkpoint, base).count == 0
    assert list(load_changed_tensors(checkpoint, base)) == ["unet.conv_in.bias"]


def test_a_unet_alone_serves(base: BaseTensors, copies: Copies, tmp_path: Path) -> None:
    """Without a text encoder in it, the base's stays."""
    edited = copies.unet()
    edited[KEY] *= 2
    path = save_original(tmp_path / "model.safetensors", edited, None, layers=1)

    changed = load_changed_tensors(open_checkpoint(path), base)

    assert list(changed) == [f"unet.{KEY}"]
    assert torch.equal(changed[f"unet.{KEY}"], edited[KEY])


@pytest.mark.parametrize(
    "name",
    [
        "model.diffusion_model.label_emb.0.0.weight",
        "model.diffusion_model.input_blocks.1.2.weight",
        "model.diffusion_model.middle_block.3.in_layers.0.weight",
        "model.diffusion_model.output_blocks.1.0.other.weight",
        "conditioner.embedders.0.weight",
        "cond_stage_model.model.ln_final.weight",
        "betas_too",
    ],
)
def test_a_name_that_maps_to_nothing_is_an_error(copies: Copies, tmp_path: Path, name: str) -> None:
    """Further parts of another architecture are not ignored."""
    path = save_original(tmp_path / "model.safetensors", copies.unet(), None, layers=1)
    save_file(load_file(path) | {name: torch.zeros(1)}, path)

    with pytest.raises(CheckpointError, match=rf"unknown name, '{name}'"):
        open_checkpoint(path)


def test_one_tensor_under_two_names_is_refused(copies: Copies, tmp_path: Path) -> None:
    """The text encoder's old prefix and none: neither tensor is preferred."""
    text = copies.text_encoder()
    path = save_original(tmp_path / "model.safetensors", copies.unet(), text, layers=1)
    again = {"cond_stage_model.transformer.final_layer_norm.bias": torch.zeros(1)}
    save_file(load_file(path) | again, path)

    with pytest.raises(CheckpointError, match="under two names"):
        open_checkpoint(path)
