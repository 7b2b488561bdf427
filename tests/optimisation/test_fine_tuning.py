"""Relearning: the whole UNet is trained, the source is left alone, and a kill costs nothing."""

from __future__ import annotations

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


def test_every_tensor_of_the_unet_is_trained_and_the_source_is_not(
    pipeline: LoadedPipeline, noise: NoiseSource, pictures: Pictures, tmp_path: Path
) -> None:
    """What comes back is the whole UNet, moved; the set that it came from is as it was."""
    before = {n: t.clone() for n, t in pipeline.weights(SUBMISSION).tensors().items()}

    tuned = fine_tune_unet(pipeline, SUBMISSION, PROMPT, pictures, noise, RECIPE, tmp_path / "p")

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
    tuned = fine_tune_unet(pipeline, BASE, PROMPT, pictures, noise, recipe, tmp_path / "progress")
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

    tuned = fine_tune_unet(pipeline, BASE, PROMPT, pictures, noise, recipe, tmp_path / "progress")

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
    tune = partial(fine_tune_unet, pipeline, BASE, PROMPT, pictures)
    whole = tune(noise, RECIPE, tmp_path / "whole")

    with pytest.raises(KeyboardInterrupt):
        tune(WatchedNoise.of(noise, stop_at=3), RECIPE, tmp_path / "killed")
    watched = WatchedNoise.of(noise)
    resumed = tune(watched, RECIPE, tmp_path / "killed")

    assert [stream.prompt_index for stream in watched.opened] == [2, 3, 4]
    assert all(torch.equal(resumed[name], tensor) for name, tensor in whole.items())
