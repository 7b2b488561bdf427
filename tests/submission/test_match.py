"""Which base a checkpoint is an edit of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from erasebench.errors import CheckpointError, TensorMismatchError, WrongBaseError
from erasebench.protocol import Protocol
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.header import FLOATS
from erasebench.submission.match import check_match, infer_protocol, mismatch
from erasebench.submission.tensors import FLOAT_DTYPES
from tests.submission.conftest import KEY, Copies


def test_a_copy_matches(base: BaseTensors, copies: Copies) -> None:
    """A pipeline folder like the base's has no mismatch."""
    assert mismatch(open_checkpoint(copies.pipeline()), base).count == 0


def test_a_part_alone_matches(base: BaseTensors, copies: Copies) -> None:
    """A UNet without a text encoder lacks nothing: the base's serves."""
    assert mismatch(open_checkpoint(copies.unet_file(copies.unet())), base).count == 0


def test_every_kind_of_mismatch_is_named(base: BaseTensors, copies: Copies) -> None:
    """Missing, unknown and misshaped tensors are listed separately, with the nearest known name."""
    tensors = copies.unet()
    tensors["conv_inn.weight"] = tensors.pop("conv_in.weight")
    tensors[KEY] = tensors[KEY][:1].clone()
    found, wanted = tuple(tensors[KEY].shape), base.tensors[f"unet.{KEY}"].shape

    with pytest.raises(TensorMismatchError) as caught:
        check_match(open_checkpoint(copies.unet_file(tensors)), base)

    assert caught.value.missing == ("unet.conv_in.weight",)
    assert caught.value.unknown == ("unet.conv_inn.weight",)
    assert caught.value.misshaped == ((f"unet.{KEY}", found, wanted),)
    assert "nearest to unet.conv_inn.weight is unet.conv_in.weight" in str(caught.value)
    assert "the base of tiny" in str(caught.value)


def test_a_diff_for_another_base_is_refused_with_both_digests(
    base: BaseTensors, tmp_path: Path
) -> None:
    """Equal shapes do not make a diff fit: its base is known by digest."""
    path = tmp_path / "diff.safetensors"
    shape = base.tensors[f"unet.{KEY}"].shape
    write_diff(path, {f"unet.{KEY}": torch.zeros(shape)}, "f" * 64, Card())

    with pytest.raises(WrongBaseError, match=f"{'f' * 12}.*{base.digest[:12]}"):
        check_match(open_checkpoint(path), base)


def test_a_diff_names_its_protocol(
    protocol: Protocol, other_protocol: Protocol, tmp_path: Path
) -> None:
    """The digest decides between two bases of the same shapes, in any order."""
    path = tmp_path / "diff.safetensors"
    base = open_base(other_protocol)
    write_diff(
        path, {f"unet.{KEY}": torch.zeros(base.tensors[f"unet.{KEY}"].shape)}, base.digest, Card()
    )
    checkpoint = open_checkpoint(path)

    assert infer_protocol(checkpoint, (protocol, other_protocol)) == other_protocol
    assert infer_protocol(checkpoint, (other_protocol, protocol)) == other_protocol


def test_the_base_of_a_whole_model_is_inferred_from_shapes(
    protocol: Protocol, copies: Copies
) -> None:
    """One protocol that fits is the answer."""
    assert infer_protocol(open_checkpoint(copies.pipeline()), (protocol,)) == protocol


def test_two_fitting_protocols_are_not_chosen_between(
    protocol: Protocol, other_protocol: Protocol, copies: Copies
) -> None:
    """Where shapes leave it open, the user must say."""
    with pytest.raises(CheckpointError, match=r"several protocols: tiny, other\. .*--protocol"):
        infer_protocol(open_checkpoint(copies.pipeline()), (protocol, other_protocol))


def test_no_fitting_protocol_says_how_far_the_nearest_is(
    protocol: Protocol, copies: Copies
) -> None:
    """The error counts what is wrong in comparison with the nearest base."""
    tensors = copies.unet()
    del tensors["conv_in.weight"], tensors["conv_in.bias"]

    with pytest.raises(TensorMismatchError, match=re.escape("the base of tiny: 2 missing")):
        infer_protocol(open_checkpoint(copies.unet_file(tensors)), (protocol,))


def test_the_dtypes_of_weights_are_those_that_are_read() -> None:
    """What a header may say is what there is a torch dtype for."""
    assert set(FLOATS) == set(FLOAT_DTYPES)
