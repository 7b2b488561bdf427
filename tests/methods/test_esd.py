"""ESD: rollout, target, which tensors are trained, and going on after a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel

from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE
from erasebench.methods import esd
from erasebench.methods.erasure import Erasure
from erasebench.methods.esd import (
    erase_from_cross_attention,
    erase_from_the_rest,
    is_cross_attention,
    is_unconditional,
)
from erasebench.methods.settings import EsdSettings
from erasebench.optimisation import training
from erasebench.protocol import Protocol

SETTINGS = EsdSettings(steps=2, learning_rate=1e-3, batch=2, wording="prompt")


def test_x_and_u_train_what_their_names_say(protocol: Protocol) -> None:
    """ESD-x has queries, keys, values and outputs of cross-attention; ESD-u the rest but four."""
    pipeline = load_base(protocol, torch.device("cpu"))
    names = [name for name in pipeline.weights(BASE).tensors() if name.startswith("unet.")]
    x = {name for name in names if is_cross_attention(name)}
    u = {name for name in names if is_unconditional(name)}
    modules = {name.split(".attn2.")[1].split(".")[0] for name in x}
    neither = {name.split(".")[1] for name in set(names) - x - u}

    assert modules == {"to_q", "to_k", "to_v", "to_out"}
    assert not x & u
    assert neither == {"time_embedding", "conv_norm_out", "conv_out"}


@pytest.mark.parametrize(
    ("method", "trained"),
    [(erase_from_cross_attention, is_cross_attention), (erase_from_the_rest, is_unconditional)],
)
def test_all_that_should_change_changes_and_the_base_does_not(
    erasure: Callable[..., Erasure],
    method: Callable[[Erasure, EsdSettings], dict[str, torch.Tensor]],
    trained: Callable[[str], bool],
) -> None:
    """Every chosen tensor differs after a few updates, and the frozen base is as it was."""
    one = erasure()
    before = {name: tensor.clone() for name, tensor in one.unet_tensors().items()}

    changed = method(one, SETTINGS)

    assert set(changed) == {name for name in before if trained(name)}
    # A key's bias-free query at a single place may get no gradient; matrices always do.
    same = [name for name, tensor in changed.items() if torch.equal(tensor, before[name])]
    assert same == []
    assert all(torch.equal(now, before[name]) for name, now in one.unet_tensors().items())


def test_rollout_is_stock_ddim_with_guidance(
    erasure: Callable[..., Erasure], protocol: Protocol
) -> None:
    """Each row is where stock scheduler and UNet bring it after its own number of steps."""
    pipeline = erasure().pipeline
    pipeline.add_weights("trained", {})
    concept, empty = pipeline.encode_prompts(BASE, ["a picture of a church", ""]).split(1)
    noise = torch.randn((3, *pipeline.latent_shape), generator=torch.Generator().manual_seed(1))
    stops = torch.tensor([0, 3, 1])

    steps = pipeline.schedule(protocol.steps).steps
    found = esd._rollout(pipeline, noise, stops, steps, concept, empty, 3.0)

    scheduler = DDIMScheduler.from_pretrained(protocol.base.folder / "scheduler")
    scheduler.set_timesteps(protocol.steps)
    unet = UNet2DConditionModel.from_pretrained(protocol.base.folder / "unet").float()
    for row, stop in enumerate(stops.tolist()):
        wanted = noise[row : row + 1]
        for timestep in scheduler.timesteps[:stop]:
            with torch.no_grad():
                towards = unet(wanted, timestep, concept).sample
                neutral = unet(wanted, timestep, empty).sample
            wanted = scheduler.step(neutral + 3 * (towards - neutral), timestep, wanted).prev_sample
        torch.testing.assert_close(found[row : row + 1], wanted, atol=2e-5, rtol=1e-4)


def test_training_brings_the_prediction_to_the_far_side(
    erasure: Callable[..., Erasure],
) -> None:
    """On noise that was not trained on, ε_θ(c) comes nearer to the base's 2·ε_0(∅) − ε_0(c)."""
    one = erasure()
    settings = EsdSettings(steps=8, learning_rate=5e-3, batch=4, wording="prompt")
    changed = erase_from_cross_attention(one, settings)
    pipeline = one.pipeline
    pipeline.add_weights("erased", changed)

    concept, empty = pipeline.encode_prompts(BASE, ["a picture of a church", ""]).split(1)
    latents = torch.randn((8, *pipeline.latent_shape), generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        towards = pipeline.predict_noise(BASE, latents, 751, concept.expand(8, -1, -1))
        neutral = pipeline.predict_noise(BASE, latents, 751, empty.expand(8, -1, -1))
        erased = pipeline.predict_noise("erased", latents, 751, concept.expand(8, -1, -1))
    target = 2 * neutral - towards

    assert (erased - target).norm() < 0.6 * (towards - target).norm()


def test_seed_alone_decides(erasure: Callable[..., Erasure]) -> None:
    """Equal seeds give equal tensors, another seed gives others."""
    name = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    first, again, other = (
        erase_from_cross_attention(erasure(seed), SETTINGS)[name] for seed in (0, 0, 1)
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_killed_training_goes_on_to_the_same_end(
    erasure: Callable[..., Erasure], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between two saves and started again, it ends as one that was never stopped."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    settings = SETTINGS.model_copy(update={"steps": 5})
    whole = erase_from_cross_attention(erasure(), settings)
    (tmp_path / "progress").unlink()

    stopped = erasure()
    draw = Erasure.generator

    def stop_late(self: Erasure, update: int) -> torch.Generator:
        if update == 3:
            raise KeyboardInterrupt
        return draw(self, update)

    with monkeypatch.context() as patched:
        patched.setattr(Erasure, "generator", stop_late)
        with pytest.raises(KeyboardInterrupt):
            erase_from_cross_attention(stopped, settings)
    updates: list[int] = []

    def watch(self: Erasure, update: int) -> torch.Generator:
        updates.append(update)
        return draw(self, update)

    monkeypatch.setattr(Erasure, "generator", watch)
    resumed = erase_from_cross_attention(erasure(), settings)

    assert updates == [2, 3, 4]
    assert all(torch.equal(resumed[name], tensor) for name, tensor in whole.items())
