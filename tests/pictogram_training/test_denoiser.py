"""The UNet."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline

from pictogram_training.contrastive import load_clip
from pictogram_training.denoiser import (
    DenoiserConfig,
    build_scheduler,
    build_unet,
    caption_states,
    train_unet,
)
from pictogram_training.run import Run
from pictogram_training.stage import CHECKPOINT, Schedule, read_checkpoint
from pictogram_training.tokens import load_tokenizer
from tests.batch_rounding import call_perturbed_if_asked
from tests.pictogram_training.conftest import TINY, lend

LONGER = replace(
    TINY.unet,
    schedule=Schedule(steps=40, batch=8, peak_rate=1e-3, warm_up=5, checkpoint_every=5),
)


def test_size_stays_near_four_million() -> None:
    """Every later cost hangs on it."""
    unet = build_unet(DenoiserConfig(), (1, 4, 16, 16), text_width=128)

    assert 3.5e6 < sum(p.numel() for p in unet.parameters()) < 4.5e6


def test_schedule_is_that_of_stable_diffusion() -> None:
    """25 steps start at timestep 961 and end at 1; the last step goes to the first ᾱ, not to 1."""
    scheduler = build_scheduler()
    scheduler.set_timesteps(25)

    assert scheduler.timesteps[[0, 1, -1]].tolist() == [961, 921, 1]
    assert scheduler.final_alpha_cumprod == scheduler.alphas_cumprod[0]
    assert scheduler.alphas_cumprod[0].item() == pytest.approx(1 - 0.00085)


def test_captions_are_encoded_as_the_pipeline_encodes_them(finished: Run) -> None:
    """What the UNet is trained on is what `encode_prompt` gives it later, in full precision."""
    tokenizer = load_tokenizer(finished.folder("tokenizer"))
    pipeline = StableDiffusionPipeline(
        vae=None,
        text_encoder=load_clip(finished.folder("clip"), TINY.clip, tokenizer, 64).text_model,
        tokenizer=tokenizer,
        unet=None,
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    expected, empty = pipeline.encode_prompt("a picture of a church", "cpu", 1, True)

    states = caption_states(finished, TINY.clip, ["a picture of a church", ""])

    torch.testing.assert_close(states, torch.cat([expected, empty]))


def test_killed_and_resumed_gives_the_same_weights(finished: Run, tmp_path: Path) -> None:
    """A process killed with SIGKILL at any moment is continued to the same weights, bit for bit."""
    broken = lend(finished, tmp_path / "broken")
    process = multiprocessing.get_context("spawn").Process(
        target=call_perturbed_if_asked, args=(train_unet, broken, LONGER, TINY.clip)
    )
    process.start()
    while not (broken.folder("unet") / CHECKPOINT).exists():
        assert process.is_alive()
        time.sleep(0.01)
    process.kill()
    process.join()
    reached = read_checkpoint(broken.folder("unet"))["step"]

    resumed = train_unet(broken, LONGER, TINY.clip).state_dict()

    whole = train_unet(lend(finished, tmp_path / "whole"), LONGER, TINY.clip).state_dict()
    assert 0 < reached < LONGER.schedule.steps
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())
