"""Whole weights, written from what a checkpoint changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPTextModel

from erasebench.concepts import CONCEPTS
from erasebench.errors import CheckpointError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.export import write_edited
from erasebench.submission.formats.diff_writer import write_prompt_filter
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.make import make_diff
from erasebench.submission.tensors import digest_of
from tests.submission.conftest import KEY, UNET_FILE, Copies


def test_a_diff_applied_is_the_erased_model_bit_for_bit(
    base: BaseTensors, copies: Copies, edited_unet: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Made of a UNet and applied to the base, a diff gives the UNet's own tensors back."""
    erased = copies.unet_file(edited_unet)
    diff = tmp_path / "diff.safetensors"
    make_diff(open_checkpoint(erased), base, diff, kind="sparse", card=Card())

    written = write_edited(open_checkpoint(diff), base, tmp_path / "whole")

    assert written == (tmp_path / "whole" / UNET_FILE,)
    assert digest_of(load_file(written[0])) == digest_of(load_file(erased))


def test_libraries_read_what_is_written(base: BaseTensors, copies: Copies, tmp_path: Path) -> None:
    """Both parts load with from_pretrained, and are the checkpoint to evaluate as before."""
    unet, text_encoder = copies.unet(), copies.text_encoder()
    unet[KEY] *= 2
    text_encoder["final_layer_norm.bias"] += 1
    given = open_checkpoint(copies.pipeline(unet, text_encoder))
    folder = tmp_path / "whole"

    write_edited(given, base, folder)

    loaded = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float16)
    assert torch.equal(loaded.state_dict()[KEY], unet[KEY])
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float16)
    bias = encoder.state_dict()["final_layer_norm.bias"]
    assert torch.equal(bias, text_encoder["final_layer_norm.bias"])
    assert digest_of(load_changed_tensors(open_checkpoint(folder), base)) == digest_of(
        load_changed_tensors(given, base)
    )


def test_a_prompt_filter_has_no_weights(base: BaseTensors, tmp_path: Path) -> None:
    """It is refused, and no empty folder pretends to be a model."""
    path = tmp_path / "filter.safetensors"
    write_prompt_filter(path, CONCEPTS["church"], base.digest)

    with pytest.raises(CheckpointError, match="changes no tensor"):
        write_edited(open_checkpoint(path), base, tmp_path / "whole")
    assert not (tmp_path / "whole").exists()
