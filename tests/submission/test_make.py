"""Diffs that are made of a base and an erased checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from erasebench.errors import CheckpointError
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.card import METADATA_KEY, Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff import MadeKind
from erasebench.submission.header import read_header
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.make import factors, make_diff, places_and_values
from erasebench.submission.tensors import digest_of, read_tensor
from tests.submission.conftest import KEY, Copies

CARD = Card(method="esd_x", concept="church")


def _noise(shape: torch.Size, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=[torch.float16, torch.float32, torch.float64, torch.bfloat16])
def erased(request: pytest.FixtureRequest, copies: Copies) -> Path:
    """A UNet in some dtype with one tensor wholly changed, and one in three values."""
    tensors = {name: tensor.to(request.param) for name, tensor in copies.unet().items()}
    tensors[KEY] += 0.01 * _noise(tensors[KEY].shape).to(request.param)
    tensors["conv_in.weight"].view(-1)[[0, 7, -1]] *= -2
    return copies.unet_file(tensors)


def _bits(tensors: dict[str, torch.Tensor]) -> dict[str, bytes]:
    return {name: bytes(tensor.view(-1).view(torch.uint8)) for name, tensor in tensors.items()}


@pytest.mark.parametrize("kind", ["replace", "sparse"])
def test_exact_kinds_give_every_bit_back(
    base: BaseTensors, erased: Path, tmp_path: Path, kind: MadeKind
) -> None:
    """In each dtype the diff means the same changed tensors as the checkpoint, bit for bit."""
    path = tmp_path / "diff.safetensors"
    wanted = load_changed_tensors(open_checkpoint(erased), base)

    made = make_diff(open_checkpoint(erased), base, path, kind=kind, card=CARD)
    checkpoint = open_checkpoint(path)
    changed = load_changed_tensors(checkpoint, base)

    assert list(changed) == list(wanted) == ["unet.conv_in.weight", f"unet.{KEY}"]
    assert {name: tensor.dtype for name, tensor in changed.items()} == {
        name: tensor.dtype for name, tensor in wanted.items()
    }
    assert _bits(changed) == _bits(wanted)
    assert made.header.result == digest_of(wanted)
    assert (made.tensors, made.lost) == (2, 0)
    assert (checkpoint.concept, checkpoint.method) == ("church", "esd_x")


def test_sparse_is_smaller_where_little_was_changed(
    base: BaseTensors, copies: Copies, tmp_path: Path
) -> None:
    """A tensor changed in a few places is given by these; one changed everywhere is whole."""
    tensors = copies.unet()
    tensors[KEY] *= 2
    tensors["conv_in.weight"].view(-1)[5] += 1
    erased = open_checkpoint(copies.unet_file(tensors))
    whole, sparse = tmp_path / "whole.safetensors", tmp_path / "sparse.safetensors"

    make_diff(erased, base, whole, card=CARD)
    made = make_diff(erased, base, sparse, kind="sparse", card=CARD)

    assert made.brief == 1
    assert set(load_file(sparse)) == {
        f"unet.{KEY}",
        "unet.conv_in.weight.indices",
        "unet.conv_in.weight.values",
    }
    assert made.bytes == sparse.stat().st_size < whole.stat().st_size


def test_a_sign_of_zero_is_a_bit() -> None:
    """Places are those where any bit differs, so that exact means exact."""
    unedited = torch.tensor([0.0, 1.0, 2.0])

    places, values = places_and_values(torch.tensor([-0.0, 1.0, 3.0]), unedited)

    assert places.tolist() == [0, 2]
    assert values.signbit().tolist() == [True, False]


def test_low_rank_recovers_a_change_of_that_rank(
    base: BaseTensors, copies: Copies, tmp_path: Path
) -> None:
    """A change that is a product of two factors comes back to rounding, a bias whole."""
    tensors = {name: tensor.float() for name, tensor in copies.unet().items()}
    out, width = tensors[KEY].shape
    tensors[KEY] += _noise(torch.Size((out, 1))) @ _noise(torch.Size((1, width)), 1)
    tensors["conv_in.bias"] += 1
    path = tmp_path / "diff.safetensors"

    made = make_diff(
        open_checkpoint(copies.unet_file(tensors)), base, path, kind="low_rank", rank=1, card=CARD
    )
    changed = load_changed_tensors(open_checkpoint(path), base)

    assert made.header.result is None
    assert made.brief == 1
    assert made.lost < 1e-6
    torch.testing.assert_close(changed[f"unet.{KEY}"], tensors[KEY], rtol=1e-5, atol=1e-6)
    assert torch.equal(changed["unet.conv_in.bias"], tensors["conv_in.bias"])


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (6, 4, 3, 3)])
def test_factors_are_the_best_of_their_rank(shape: tuple[int, ...]) -> None:
    """What they leave is what the singular values beyond the rank hold, as by an SVD."""
    change = _noise(torch.Size(shape)).double()
    up, down = factors(change, 3)
    product = (up.double().flatten(1) @ down.double().flatten(1)).reshape(shape)
    singular = torch.linalg.svdvals(change.flatten(1))

    torch.testing.assert_close((change - product).norm(), singular[3:].norm(), rtol=1e-6, atol=1e-7)
    assert up.shape == (shape[0], 3, *(1,) * (len(shape) - 2))
    assert down.shape == (3, *shape[1:])


def test_a_damaged_exact_diff_is_refused(
    base: BaseTensors, copies: Copies, tmp_path: Path, edited_unet: dict[str, torch.Tensor]
) -> None:
    """One flipped value does not pass for what the diff was made of."""
    path = tmp_path / "diff.safetensors"
    make_diff(open_checkpoint(copies.unet_file(edited_unet)), base, path, card=CARD)
    metadata = read_header(path).metadata
    tensors = load_file(path)
    tensors[f"unet.{KEY}"][0, 0] += 1
    save_file(tensors, path, {METADATA_KEY: metadata[METADATA_KEY]})

    with pytest.raises(CheckpointError, match="but its metadata says"):
        load_changed_tensors(open_checkpoint(path), base)


def test_a_delta_is_made_into_what_it_means(base: BaseTensors, tmp_path: Path) -> None:
    """A diff of another kind is a checkpoint like any other: made anew, it means the same."""
    given = tmp_path / "delta.safetensors"
    name = f"unet.{KEY}"
    header = f'{{"schema_version": 1, "kind": "delta", "base": "{base.digest}"}}'
    delta = _noise(torch.Size(base.tensors[name].shape))
    save_file({name: delta}, given, {METADATA_KEY: header})
    path = tmp_path / "diff.safetensors"

    make_diff(open_checkpoint(given), base, path, card=CARD)

    changed = load_changed_tensors(open_checkpoint(path), base)
    assert torch.equal(changed[name], read_tensor(base.tensors[name]).float() + delta)
