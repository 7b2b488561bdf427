"""What a checkpoint changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from erasebench.errors import CheckpointError, EmptyDiffError, NonFiniteError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.make import make_diff
from erasebench.submission.tensors import digest_of
from tests.layouts import save_original, save_shards
from tests.submission.conftest import KEY, UNET_FILE, Copies

NAME = f"unet.{KEY}"


def test_every_layout_of_one_edit_gives_the_same_tensors(
    base: BaseTensors, copies: Copies, edited_unet: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """However an edit is given, the tensors that differ, and their digest, are the same."""
    pipeline = copies.pipeline(unet=edited_unet)
    diff, sparse = tmp_path / "diff.safetensors", tmp_path / "sparse.safetensors"
    write_diff(diff, {NAME: edited_unet[KEY]}, base.digest, Card())
    make_diff(open_checkpoint(pipeline), base, sparse, kind="sparse", card=Card())
    given = {
        "pipeline": (pipeline,),
        "unet": (
            pipeline / "unet",
            pipeline / UNET_FILE,
            save_shards(tmp_path / "shards", edited_unet),
        ),
        "original": (
            save_original(tmp_path / "x.safetensors", edited_unet, copies.text_encoder(), layers=1),
        ),
        "diff": (diff, sparse),
    }

    for layout, paths in given.items():
        for path in paths:
            checkpoint = open_checkpoint(path)
            assert checkpoint.layout == layout
            changed = load_changed_tensors(checkpoint, base)
            assert list(changed) == [NAME]
            assert digest_of(changed) == digest_of({NAME: edited_unet[KEY]})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_another_dtype_is_no_change(
    base: BaseTensors, copies: Copies, edited_unet: dict[str, torch.Tensor], dtype: torch.dtype
) -> None:
    """A model saved wider or rounded differs only where it was edited."""
    saved = {name: tensor.to(dtype) for name, tensor in edited_unet.items()}

    changed = load_changed_tensors(open_checkpoint(copies.unet_file(saved)), base)

    assert list(changed) == [NAME]
    assert changed[NAME].dtype == dtype


def test_the_base_itself_is_refused(base: BaseTensors, copies: Copies) -> None:
    """A checkpoint that is the base erased nothing, and is not evaluated as if it had."""
    with pytest.raises(EmptyDiffError):
        load_changed_tensors(open_checkpoint(copies.pipeline()), base)


def test_an_empty_diff_is_refused(base: BaseTensors, tmp_path: Path) -> None:
    """Nor is a diff without tensors."""
    path = tmp_path / "diff.safetensors"
    write_diff(path, {}, base.digest, Card())

    with pytest.raises(EmptyDiffError):
        load_changed_tensors(open_checkpoint(path), base)


def test_tensors_that_are_not_finite_are_named(
    base: BaseTensors, copies: Copies, edited_unet: dict[str, torch.Tensor]
) -> None:
    """One infinity and one NaN are both found, and all other tensors are not blamed."""
    edited_unet[KEY][0, 0] = torch.inf
    edited_unet["conv_in.bias"][0] = torch.nan

    with pytest.raises(NonFiniteError) as caught:
        load_changed_tensors(open_checkpoint(copies.unet_file(edited_unet)), base)

    assert caught.value.names == ("unet.conv_in.bias", NAME)


def test_what_float32_cannot_hold_is_not_finite(
    base: BaseTensors, copies: Copies, edited_unet: dict[str, torch.Tensor]
) -> None:
    """A number that is finite in a file's float64 and infinite where the model computes."""
    edited_unet[KEY] = edited_unet[KEY].double()
    edited_unet[KEY][0, 0] = 1e300

    with pytest.raises(NonFiniteError):
        load_changed_tensors(open_checkpoint(copies.unet_file(edited_unet)), base)


def test_quantised_tensors_are_refused(base: BaseTensors, copies: Copies, tmp_path: Path) -> None:
    """Whole numbers of the right name and shape are no weights."""
    tensors = copies.unet()
    tensors[KEY] = tensors[KEY].to(torch.int8)
    path = tmp_path / "unet.safetensors"
    save_file(tensors, path)

    with pytest.raises(CheckpointError, match=f"1 tensors .*'{NAME[:20]}.*is I8"):
        load_changed_tensors(open_checkpoint(path), base)


def test_a_changed_text_encoder_is_seen(base: BaseTensors, copies: Copies) -> None:
    """An erasure in the text encoder alone counts as well."""
    tensors = copies.text_encoder()
    tensors["final_layer_norm.bias"] += 1

    changed = load_changed_tensors(open_checkpoint(copies.pipeline(text_encoder=tensors)), base)

    assert list(changed) == ["text_encoder.final_layer_norm.bias"]
