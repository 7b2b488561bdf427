"""The weight-change card."""

from __future__ import annotations

from math import sqrt

import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.preparation import GroupChange
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_prompt_filter
from erasebench.submission.load_changes import load_changes
from erasebench.submission.tensor_names import TEXT_GROUPS, UNET_GROUPS, group_of
from erasebench.submission.weight_change import WeightChange, effective_rank
from tests.submission.conftest import KEY, Copies


def _noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(12, 40), (40, 12)])
@pytest.mark.parametrize("rank", [1, 3, 12])
@pytest.mark.parametrize("size", [1.0, 1e-20])
def test_effective_rank_of_equal_singular_values_is_their_number(
    shape: tuple[int, int], rank: int, size: float
) -> None:
    """Orthogonal directions of one size count one each, however small the change is."""
    left, _ = torch.linalg.qr(_noise(shape[0], rank))
    right, _ = torch.linalg.qr(_noise(shape[1], rank, seed=1))

    assert effective_rank(size * left @ right.T) == pytest.approx(rank, rel=1e-5)


def test_effective_rank_is_that_of_the_singular_values() -> None:
    """By an SVD: the square of the sum of σ² over the sum of σ⁴."""
    matrix = _noise(9, 30)
    squares = torch.linalg.svdvals(matrix.double()) ** 2

    wanted = float(squares.sum() ** 2 / (squares**2).sum())

    assert effective_rank(matrix) == pytest.approx(wanted, rel=1e-5)


def test_noise_of_rounding_hardly_adds_to_it() -> None:
    """A change of rank one that was rounded to float16 still acts in one direction."""
    change = _noise(64, 1) @ _noise(1, 64, seed=1)

    assert effective_rank(change.half().float()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size", [3.4e38, 1e-200])
def test_a_change_at_the_edge_of_a_dtype_is_measured(size: float) -> None:
    """Finite numbers have a finite change and rank, where squares in float32 have none."""
    dtype = torch.float32 if size > 1 else torch.float64
    before = torch.zeros(2, 2, dtype=dtype)
    before[0, 0] = -size
    change = WeightChange()
    change.add("unet.a.attn2.to_k.weight", before, -before)
    (group,) = change.card().groups

    assert group.effective_rank == pytest.approx(1)
    assert group.relative_change is None or group.relative_change == pytest.approx(2)


def _change(changes: tuple[GroupChange, ...], part: str, group: str) -> GroupChange:
    return next(one for one in changes if (one.part, one.group) == (part, group))


def test_the_card_by_hand() -> None:
    """Norms, counts and ranks of three tensors, of which one was changed in two values."""
    change = WeightChange()
    before = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    change.add("unet.a.attn2.to_k.weight", before, before + torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    change.add("unet.a.attn2.to_v.weight", torch.full((1, 4), 6.0), None)
    change.add("text_encoder.encoder.layers.0.mlp.fc1.bias", torch.zeros(2), None)

    card = change.card()

    cross = _change(card.groups, "unet", "cross_attention")
    assert (cross.tensors, cross.tensors_changed) == (2, 1)
    assert (cross.values, cross.values_changed) == (8, 2)
    assert cross.relative_change == pytest.approx(sqrt(2) / sqrt(9 + 16 + 4 * 36))
    assert (cross.effective_rank, cross.possible_rank) == (pytest.approx(2), 2)
    text = _change(card.groups, "text_encoder", "feed_forward")
    assert (text.relative_change, text.effective_rank) == (None, None)
    assert (card.tensors, card.tensors_changed, card.values_changed) == (3, 1, 2)


def test_the_card_is_of_the_same_pass_as_the_checks(
    base: BaseTensors, copies: Copies, edited_unet: dict[str, torch.Tensor]
) -> None:
    """One doubled matrix: its group changes by its share of the norm, every other by none."""
    changes = load_changes(open_checkpoint(copies.unet_file(edited_unet)), base)

    assert list(changes.tensors) == [f"unet.{KEY}"]
    assert changes.card is not None
    cross = _change(changes.card.groups, "unet", "cross_attention")
    own = {name: t.double() for name, t in copies.unet().items() if ".attn2." in name}
    total = torch.cat([tensor.flatten() for tensor in own.values()]).norm()
    assert cross.relative_change == pytest.approx(float(own[KEY].norm() / total))
    assert cross.values_changed == own[KEY].numel()
    others = [group for group in changes.card.groups if group is not cross]
    assert {group.relative_change for group in others} <= {0.0, None}
    assert changes.card.tensors == len(base.tensors)


def test_a_narrower_dtype_is_no_change(base: BaseTensors, copies: Copies) -> None:
    """What rounding moved is not counted as what the erasure moved."""
    saved = {name: tensor.bfloat16() for name, tensor in copies.unet().items()}
    saved["conv_in.bias"] += 1

    card = load_changes(open_checkpoint(copies.unet_file(saved)), base).card

    assert card is not None
    assert card.tensors_changed == 1


def test_a_prompt_filter_has_no_card(base: BaseTensors, copies: Copies) -> None:
    """It changes no weights, so there is nothing to measure."""
    path = copies.folder / "filter.safetensors"
    write_prompt_filter(path, CONCEPTS["church"], base.digest)

    assert load_changes(open_checkpoint(path), base).card is None


def test_every_tensor_of_the_bundled_base_has_its_group() -> None:
    """All groups are there, and by hand what some tensors belong to."""
    names = open_base(PICTOGRAM_V1).tensors
    unet = {group_of(name) for name in names if name.startswith("unet.")}
    text = {group_of(name) for name in names if name.startswith("text_encoder.")}
    assert (unet, text) == (set(UNET_GROUPS), set(TEXT_GROUPS))

    block = "unet.down_blocks.1.attentions.0"
    assert {
        name: group_of(name)
        for name in (
            f"{block}.transformer_blocks.0.attn1.to_q.weight",
            f"{block}.transformer_blocks.0.norm2.weight",
            f"{block}.transformer_blocks.0.ff.net.0.proj.weight",
            f"{block}.proj_in.weight",
            "unet.mid_block.resnets.0.time_emb_proj.bias",
            "unet.time_embedding.linear_1.weight",
            "unet.down_blocks.0.downsamplers.0.conv.weight",
            "unet.up_blocks.0.resnets.0.conv_shortcut.weight",
            "unet.conv_norm_out.weight",
            "text_encoder.embeddings.token_embedding.weight",
            "text_encoder.encoder.layers.0.layer_norm1.weight",
        )
    } == {
        f"{block}.transformer_blocks.0.attn1.to_q.weight": "self_attention",
        f"{block}.transformer_blocks.0.norm2.weight": "norms",
        f"{block}.transformer_blocks.0.ff.net.0.proj.weight": "feed_forward",
        f"{block}.proj_in.weight": "projections",
        "unet.mid_block.resnets.0.time_emb_proj.bias": "time_embedding",
        "unet.time_embedding.linear_1.weight": "time_embedding",
        "unet.down_blocks.0.downsamplers.0.conv.weight": "convolutions",
        "unet.up_blocks.0.resnets.0.conv_shortcut.weight": "convolutions",
        "unet.conv_norm_out.weight": "norms",
        "text_encoder.embeddings.token_embedding.weight": "embeddings",
        "text_encoder.encoder.layers.0.layer_norm1.weight": "norms",
    }
