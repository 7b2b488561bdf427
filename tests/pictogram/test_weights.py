"""The bundled models: those that the protocol pins, small, and loadable by anybody's tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.pictogram.bars import Bench, Sizes, measure
from erasebench.protocol import PICTOGRAM_V1, ModelPin
from erasebench.submission.pin import pin_of

PINS = {
    "base": PICTOGRAM_V1.base,
    **{Path(pin.source).name: pin for pin in PICTOGRAM_V1.retrain},
    "judge": PICTOGRAM_V1.judge.model,
    "selector": PICTOGRAM_V1.selector.model,
    "scorer": PICTOGRAM_V1.clip,
}


@pytest.mark.parametrize("pin", PINS.values(), ids=PINS)
def test_shipped_models_are_those_that_are_pinned(pin: ModelPin) -> None:
    """The protocol's digest speaks of the very tensors and configs in the package."""
    assert pin == pin_of(pin.folder, pin.source)


def test_all_models_together_are_small() -> None:
    """The package stays an easy download: 45 MB of weights at most, and no pickle among them."""
    files = [path for path in PICTOGRAM_V1.base.folder.parent.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) <= 45e6
    assert {path.suffix for path in files} <= {".json", ".txt", ".safetensors"}


def test_stock_diffusers_loads_the_base_and_draws_the_same() -> None:
    """A stranger's StableDiffusionPipeline gives the latents that our loop gives."""
    noise = NoiseSource(PICTOGRAM_V1.name, "test")
    start = NoiseStream("start", 0)
    prompt = "a picture of a church"
    ours = load_base(PICTOGRAM_V1, torch.device("cpu"))
    stock = StableDiffusionPipeline.from_pretrained(PICTOGRAM_V1.base.folder)
    stock.set_progress_bar_config(disable=True)

    drawn = sample(ours, PICTOGRAM_V1, noise, [Trajectory(prompt, BASE, start)], {}).latents
    expected = stock(
        prompt,
        num_inference_steps=PICTOGRAM_V1.steps,
        guidance_scale=PICTOGRAM_V1.guidance_scale,
        latents=noise.draw(start, ours.latent_shape)[None],
        output_type="latent",
    ).images

    assert {stock.unet.dtype, stock.text_encoder.dtype, stock.vae.dtype} == {torch.float32}
    np.testing.assert_allclose(drawn.numpy(), expected.numpy(), atol=1e-4)


@pytest.mark.slow
def test_every_bar_is_cleared() -> None:
    """At full size the bundled models clear every bar."""
    bars = list(measure(Bench(PICTOGRAM_V1, torch.device("cpu"), Sizes()), lambda _: None))

    assert [] == [bar.name for bar in bars if not bar.cleared]
