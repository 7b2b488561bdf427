"""The base broken by noise."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE
from erasebench.errors import UnwritableError
from erasebench.evaluation.plan.request import Compute
from erasebench.evaluation.selfcheck.weight_noise import (
    judged_objects,
    make_weight_noise,
    noised,
    smallest_scale,
)
from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from tests.evaluation.tiny_run import TinyWorld

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def base(world: TinyWorld) -> dict[str, torch.Tensor]:
    """Every tensor of the tiny base."""
    return load_base(world.protocol, CPU).weights(BASE).tensors()


def test_every_tensor_of_the_unet_moves_by_its_own_deviation(
    base: dict[str, torch.Tensor],
) -> None:
    """None is left out, none of the text encoder is touched, and the noise has the size asked."""
    changed = noised(base, 0.5, seed=0)

    assert changed.keys() == {name for name in base if name.startswith("unet.")}
    for name, tensor in changed.items():
        # Norms of a model that was never trained hold one value, which has no deviation.
        assert torch.equal(tensor, base[name]) == (len(base[name].unique()) == 1)
    for name in (name for name in changed if base[name].numel() > 2_000):
        size = (changed[name] - base[name]).std() / base[name].std()
        assert abs(size - 0.5) < 0.05


def test_one_seed_gives_one_noise_at_every_scale(base: dict[str, torch.Tensor]) -> None:
    """Twice the scale is twice the very same noise; another seed is another noise."""
    name = "unet.conv_in.weight"
    half, again, whole, other = (
        noised(base, scale, seed)[name] - base[name]
        for scale, seed in ((0.5, 0), (0.5, 0), (1.0, 0), (0.5, 1))
    )

    assert torch.equal(half, again)
    torch.testing.assert_close(2 * half, whole)
    assert not torch.allclose(half, other)


@pytest.mark.parametrize(
    ("accepted", "scale"), [([50, 3, 0, 1], 0.3), ([0], 0.1), ([1] * 30, None)]
)
def test_the_first_scale_at_which_nothing_is_accepted(
    accepted: list[int], scale: float | None
) -> None:
    """In steps of a tenth from 0.1, no further than needed; none where a judge accepts noise."""
    asked = []

    def count(at: float) -> int:
        asked.append(at)
        return accepted[len(asked) - 1]

    assert smallest_scale(count) == scale
    assert asked == [(index + 1) / 10 for index in range(3 if scale == 0.3 else len(accepted))]


def test_the_file_holds_the_noise_that_its_card_names(
    world: TinyWorld, base: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Scale and seed give the very tensors again, and the search went past scales that show it."""
    path = tmp_path / "noise.safetensors"

    card = make_weight_noise(world.protocol, path, Compute(threads=1), seed=1)
    checkpoint = open_checkpoint(path)
    changed = load_changed_tensors(checkpoint, open_base(world.protocol))

    scale = float(card.settings["scale"])
    assert scale > 0.1
    assert (checkpoint.layout, checkpoint.method, checkpoint.concept) == (
        "diff",
        "weight_noise",
        None,
    )
    assert card.settings["seed"] == "1"
    expected = noised(base, scale, seed=1)
    assert changed
    for name, tensor in changed.items():
        assert torch.equal(tensor, expected[name])


def test_objects_of_which_nothing_may_be_left() -> None:
    """No ranked concept of the bundled world is asked for, and no style."""
    assert [concept.name for concept in judged_objects(PICTOGRAM_V1)] == [
        "gas_pump",
        "airliner",
        "cassette_player",
        "chainsaw",
        "tench",
        "french_horn",
    ]


@pytest.mark.slow
def test_the_bundled_base_breaks(tmp_path: Path) -> None:
    """The search ends while a tensor is still mostly its own, and every one of the UNet moved."""
    path = tmp_path / "noise.safetensors"

    card = make_weight_noise(PICTOGRAM_V1, path, Compute(threads=1))
    base = open_base(PICTOGRAM_V1)
    changed = load_changed_tensors(open_checkpoint(path), base)

    assert 0.1 < float(card.settings["scale"]) < 1
    assert changed.keys() == {name for name in base.tensors if name.startswith("unet.")}


def test_a_place_that_cannot_be_written_is_found_out_first(
    world: TinyWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is drawn."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UnwritableError):
        make_weight_noise(world.protocol, tmp_path / "file" / "noise.safetensors")

    assert "accepts" not in capsys.readouterr().err
