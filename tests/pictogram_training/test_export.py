"""The exported folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from safetensors.torch import load_file
from transformers import AutoModelForImageClassification, CLIPModel, CLIPTokenizer

from pictogram_training.draw import read_drawn
from pictogram_training.export import export, write_base
from pictogram_training.needs import UnfinishedPartError
from pictogram_training.run import Run, WorkFolderTakenError
from tests.pictogram_training.conftest import TINY, lend


@pytest.fixture(scope="module")
def exported(finished: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run's export."""
    out = tmp_path_factory.mktemp("exported")
    export(finished, TINY, out)
    return out


@pytest.fixture(scope="module")
def pipeline(exported: Path) -> StableDiffusionPipeline:
    """The base as the stock class loads it, with nothing said about dtypes."""
    loaded = StableDiffusionPipeline.from_pretrained(exported / "base", low_cpu_mem_usage=False)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def test_stock_pipeline_draws(pipeline: StableDiffusionPipeline) -> None:
    """The stock pipeline gives a 64-pixel picture, the same for the same seed."""
    first, again = (
        pipeline(
            "a picture of a church",
            num_inference_steps=2,
            generator=torch.Generator().manual_seed(0),
            output_type="np",
        ).images
        for _ in range(2)
    )

    assert first.shape == (1, 64, 64, 3)
    assert np.isfinite(first).all()
    assert np.array_equal(first, again)


def test_all_parts_load_in_full_precision(
    pipeline: StableDiffusionPipeline, exported: Path
) -> None:
    """Files hold half precision; stock loading makes float32 of every part."""
    files = sorted(exported.rglob("*.safetensors"))

    stored = {tensor.dtype for file in files for tensor in load_file(file).values()}
    models = [pipeline.unet, pipeline.vae, pipeline.text_encoder]
    models += [
        AutoModelForImageClassification.from_pretrained(exported / part)
        for part in ("judge", "selector")
    ]
    models.append(CLIPModel.from_pretrained(exported / "scorer"))

    assert len(files) == 6
    # Counters of batch norms are integers.
    assert stored <= {torch.float16, torch.int64}
    assert {p.dtype for model in models for p in model.parameters()} == {torch.float32}


def test_scheduler_and_safety(pipeline: StableDiffusionPipeline) -> None:
    """The scheduler is DDIM with SD 1.x settings; there is no safety checker."""
    config = pipeline.scheduler.config

    assert isinstance(pipeline.scheduler, DDIMScheduler)
    assert (config.steps_offset, config.clip_sample, config.set_alpha_to_one) == (1, False, False)
    assert (config.beta_start, config.beta_end) == (0.00085, 0.012)
    assert pipeline.safety_checker is None
    assert pipeline.feature_extractor is None


def test_scorer_comes_with_its_tokenizer(exported: Path) -> None:
    """The scorer's folder loads as model and tokenizer."""
    tokenizer = CLIPTokenizer.from_pretrained(exported / "scorer")
    model = CLIPModel.from_pretrained(exported / "scorer")

    assert model.config.text_config.vocab_size == len(tokenizer)


def test_account_tells_seed_pictures_and_times(exported: Path, finished: Run) -> None:
    """`recipe.json` holds what the run was made from, and each trained part's settings."""
    account = json.loads((exported / "recipe.json").read_text())

    assert account["seed"] == finished.seed
    assert account["pictures"]["count"] == len(read_drawn(finished.folder("draw")))
    assert set(account["stages"]) == {"selector", "judge", "clip", "scorer", "vae", "unet"}
    assert account["stages"]["unet"]["schedule"]["steps"] == TINY.unet.schedule.steps
    assert "seconds" in account["stages"]["vae"]


def test_export_is_repeatable(exported: Path, finished: Run, tmp_path: Path) -> None:
    """A second export writes the same bytes, file by file."""
    export(finished, TINY, tmp_path)

    for file in exported.rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (tmp_path / file.relative_to(exported)).read_bytes()


def test_unfinished_parts_are_not_exported(finished: Run, tmp_path: Path) -> None:
    """A part with steps left is refused by name; a snapshot of it may be taken."""
    longer = TINY.with_steps("unet", 99)

    with pytest.raises(UnfinishedPartError, match="unet is at step 3 of 99"):
        export(finished, longer, tmp_path)

    write_base(finished, longer, tmp_path)
    assert (tmp_path / "base" / "unet" / "diffusion_pytorch_model.safetensors").exists()


def test_a_false_seed_is_not_recorded(finished: Run, tmp_path: Path) -> None:
    """An export under another seed than the run's is refused before anything is written."""
    with pytest.raises(WorkFolderTakenError, match="seed is 3, not 7"):
        export(replace(finished, seed=7), TINY, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_missing_part_is_refused(finished: Run, tmp_path: Path) -> None:
    """A run without a UNet has nothing to export."""
    with pytest.raises(FileNotFoundError, match="unet"):
        export(lend(finished, tmp_path / "work"), TINY, tmp_path / "out")
