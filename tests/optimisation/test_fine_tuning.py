"""Fine-tuning: the whole UNet is trained, the source is left alone, and a kill costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.optimisation import training
from erasebench.optimisation.denoising import random_denoising_loss
from erasebench.optimisation.fine_tuning import fine_tune_unet
from erasebench.protocol import Protocol
from erasebench.recipes import Recipe
from tests.optimisation.watched import WatchedNoise

PROMPT = "a picture of a church"
RECIPE = Recipe(updates=5, batch=3, learning_rate=1e-3)

Pictures = npt.NDArray[np.uint8]

relearn = partial(fine_tune_unet, stream="relearning", label="relearning")


def test_every_tensor_of_the_unet_is_trained_and_the_source_is_not(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """What comes back is the whole UNet, moved; the set that it came from is as it was."""
    before = {n: t.clone() for n, t in pipeline.weights(SUBMISSION).tensors().items()}

    tuned = relearn(pipeline, SUBMISSION, PROMPT, pictures, noise, RECIPE, tmp_path / "p")

    after = pipeline.weights(SUBMISSION).tensors()
    assert set(tuned) == {name for name in before if name.startswith("unet.")}
    assert [name for name, tensor in tuned.items() if torch.equal(tensor, before[name])] == []
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert not any(p.requires_grad for p in pipeline.weights(SUBMISSION).unet.parameters())


def test_the_pictures_are_learned(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """On noise that was not trained on, the tuned UNet predicts better than the one before."""
    recipe = Recipe(updates=20, batch=6, learning_rate=2e-3)
    tuned = relearn(pipeline, BASE, PROMPT, pictures, noise, recipe, tmp_path / "progress")
    pipeline.add_weights("tuned", tuned)
    clean = pipeline.encode_pictures(pictures)
    embedding = pipeline.encode_prompts(BASE, [PROMPT])

    with torch.no_grad():
        before, after = (
            random_denoising_loss(
                pipeline.schedule(4).alphas,
                partial(pipeline.predict_noise, weights),
                clean,
                embedding,
                64,
                torch.Generator().manual_seed(9),
            )
            for weights in (BASE, "tuned")
        )

    assert after < 0.9 * before


def test_half_precision_does_not_round_small_steps_away(
    protocol: Protocol, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """In bfloat16 steps far below a weight's last digit still add up, in float32."""
    pipeline = load_base(protocol, torch.device("cpu"), torch.bfloat16)
    before = pipeline.weights(BASE).tensors()
    recipe = Recipe(updates=2, batch=2, learning_rate=1e-6)

    tuned = relearn(pipeline, BASE, PROMPT, pictures, noise, recipe, tmp_path / "progress")

    name = "unet.conv_in.weight"
    moved = (tuned[name] - before[name].float()).abs()
    assert 1e-7 < moved.mean() < 3e-6


def test_a_killed_training_gives_the_same_tensors(
    pipeline: LoadedPipeline,
    noise: NoiseSource,
    pictures: Pictures,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped between two saves it goes on from the first."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    tune = partial(relearn, pipeline, BASE, PROMPT, pictures)
    whole = tune(noise, RECIPE, tmp_path / "whole")

    with pytest.raises(KeyboardInterrupt):
        tune(WatchedNoise.of(noise, stop_at=3), RECIPE, tmp_path / "killed")
    watched = WatchedNoise.of(noise)
    resumed = tune(watched, RECIPE, tmp_path / "killed")

    assert [stream.prompt_index for stream in watched.opened] == [2, 3, 4]
    assert all(torch.equal(resumed[name], tensor) for name, tensor in whole.items())


def test_the_hook_sees_each_update(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """It is called after each with canonical names, and the last tensors are what comes back."""
    seen: list[tuple[int, dict[str, torch.Tensor]]] = []

    def keep(update: int, tensors: Mapping[str, torch.Tensor]) -> None:
        seen.append((update, {name: tensor.detach().clone() for name, tensor in tensors.items()}))

    arguments = (pipeline, BASE, PROMPT, pictures, noise, RECIPE)
    tuned = relearn(*arguments, tmp_path / "progress", after_update=keep)

    assert [update for update, _ in seen] == [1, 2, 3, 4, 5]
    three = relearn(*arguments[:5], replace(RECIPE, updates=3), tmp_path / "three")
    for found, wanted in ((seen[-1][1], tuned), (seen[2][1], three)):
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())


def test_a_restart_calls_the_hook_for_the_update_it_resumes_from(
    pipeline: LoadedPipeline,
    noise: NoiseSource,
    pictures: Pictures,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kill may have come between progress and the call."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    seen: list[int] = []
    tune = partial(relearn, pipeline, BASE, PROMPT, pictures)
    with pytest.raises(KeyboardInterrupt):
        tune(WatchedNoise.of(noise, stop_at=2), RECIPE, tmp_path / "progress")

    tune(noise, RECIPE, tmp_path / "progress", after_update=lambda update, _: seen.append(update))

    assert seen == [2, 3, 4, 5]


def test_streams_of_other_names_give_other_noise(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """Updates draw from the stream of the name that is given, and from no other."""
    watched = WatchedNoise.of(noise)
    arguments = (pipeline, BASE, PROMPT, pictures)
    own = fine_tune_unet(
        *arguments, watched, RECIPE, tmp_path / "own", stream="task_vector", label="x"
    )
    other = relearn(*arguments, noise, RECIPE, tmp_path / "other")

    assert {stream.name for stream in watched.opened} == {"task_vector"}
    assert not torch.equal(own["unet.conv_in.weight"], other["unet.conv_in.weight"])


def test_ascent_unlearns_the_pictures(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """The first update is the opposite of descent's, with the same noise."""
    recipe = replace(RECIPE, updates=1, weight_decay=0.0)
    tune = partial(relearn, pipeline, BASE, PROMPT, pictures, noise, recipe)
    name = "unet.conv_in.weight"
    before = pipeline.weights(BASE).tensors()[name].float()

    down = tune(tmp_path / "down")[name] - before
    up = tune(tmp_path / "up", ascend=True)[name] - before

    torch.testing.assert_close(up, -down, atol=1e-6, rtol=1e-3)
    assert down.abs().mean() > 1e-4
