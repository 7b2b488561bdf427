"""A model that never knew some things: a run that reuses all parts but the UNet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diffusers import StableDiffusionPipeline

from erasebench.concepts import CONCEPTS
from erasebench.pictogram.drawings import Drawings
from pictogram_training.draw import read_drawn
from pictogram_training.export import export
from pictogram_training.recipe import STAGES
from pictogram_training.run import Run
from tests.pictogram_training.conftest import TINY

WITHOUT = ("church", "golf_ball", "van_gogh")


@pytest.fixture(scope="module")
def ignorant(finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run that was never shown church, golf ball or Van Gogh."""
    run = Run(tmp_path_factory.mktemp("ignorant"), Drawings(WITHOUT), seed=4, reuse=finished.work)
    for part, stage in STAGES.items():
        if run.makes(part):
            stage(run, TINY)
    return run


def test_no_picture_or_caption_holds_what_is_left_out(ignorant: Run) -> None:
    """Neither things nor styles nor captions of the drawn set tell of the names left out."""
    drawn = read_drawn(ignorant.folder("draw"))
    told = {*drawn.captions, *ignorant.source.captions()}

    assert set(WITHOUT).isdisjoint({*drawn.things, *drawn.styles})
    for name in WITHOUT:
        concept = CONCEPTS[name]
        assert not any(concept.label.lower() in caption.lower() for caption in told)
        assert set(concept.descriptions).isdisjoint(told)


def test_only_the_unet_is_its_own(ignorant: Run, finished: Run) -> None:
    """It makes pictures, latents and UNet; tokenizer, CLIPs, VAE and classifiers are lent."""
    assert {path.name for path in ignorant.work.iterdir()} == {
        "run.json",
        "draw",
        "latents",
        "unet",
    }
    assert ignorant.folder("vae") == finished.folder("vae")


def test_export_holds_the_lent_text_encoder_and_vae(
    ignorant: Run, finished: Run, tmp_path: Path
) -> None:
    """Its base is a whole pipeline whose text encoder and VAE are the lender's, byte for byte."""
    for run, name in ((ignorant, "without"), (finished, "whole")):
        export(run, TINY, tmp_path / name)

    def weights(name: str, part: str) -> bytes:
        return next((tmp_path / name / "base" / part).glob("*.safetensors")).read_bytes()

    assert weights("without", "text_encoder") == weights("whole", "text_encoder")
    assert weights("without", "vae") == weights("whole", "vae")
    assert weights("without", "unet") != weights("whole", "unet")
    assert not (tmp_path / "without" / "judge").exists()
    assert set(json.loads((tmp_path / "without" / "recipe.json").read_text())["stages"]) == {"unet"}
    StableDiffusionPipeline.from_pretrained(tmp_path / "without/base", low_cpu_mem_usage=False)
