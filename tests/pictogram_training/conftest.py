"""One tiny run of the whole recipe, made once and read by all."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.pictogram.drawings import Drawings
from pictogram_training.autoencoder import AutoencoderConfig
from pictogram_training.classifier import ClassifierConfig
from pictogram_training.contrastive import ContrastiveConfig
from pictogram_training.denoiser import DenoiserConfig
from pictogram_training.draw import DrawConfig
from pictogram_training.latents import LatentsConfig
from pictogram_training.recipe import STAGES, Recipe
from pictogram_training.run import Run
from pictogram_training.stage import Schedule

BRIEF = Schedule(steps=3, batch=8, peak_rate=1e-3, warm_up=2, checkpoint_every=1)

CLIP = ContrastiveConfig(
    text_width=16,
    text_layers=1,
    image_width=16,
    image_layers=1,
    patch=16,
    heads=2,
    projection=16,
    schedule=BRIEF,
)

TINY = Recipe(
    draw=DrawConfig(count=48, chunk=20, workers=1),
    selector=ClassifierConfig("resnet", "one", widths=(8, 16), depths=(1, 1), schedule=BRIEF),
    judge=ClassifierConfig("regnet", "other", widths=(16, 32), depths=(1, 1), schedule=BRIEF),
    clip=CLIP,
    scorer=CLIP,
    vae=AutoencoderConfig(channels=(8, 8, 8), groups=4, scaling_pictures=48, schedule=BRIEF),
    latents=LatentsConfig(chunk=20),
    unet=DenoiserConfig(channels=(8, 8, 16), groups=4, heads=2, schedule=BRIEF),
)
"""The whole recipe at toy size, on real drawings."""


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the tiny recipe with every part made; not to be changed."""
    run = Run(tmp_path_factory.mktemp("finished"), Drawings(), seed=3)
    for stage in STAGES.values():
        stage(run, TINY)
    return run


def lend(finished: Run, work: Path) -> Run:
    """A run of the same seed that lacks the UNet and shares all other parts."""
    work.mkdir(exist_ok=True)
    for part in STAGES:
        if part != "unet":
            (work / part).symlink_to(finished.work / part)
    return Run(work, finished.source, seed=finished.seed)
