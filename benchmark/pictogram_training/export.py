"""Stage `export`: the trained parts in standard layout, half precision, without pickles."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import diffusers
import numpy as np
import tokenizers
import torch
import transformers
from diffusers import StableDiffusionPipeline
from transformers import PreTrainedModel

from erasebench.disk import replace_file
from erasebench.pictogram.card import ACCOUNT
from pictogram_training.autoencoder import load_vae
from pictogram_training.classifier import build_classifier, labels_of
from pictogram_training.contrastive import load_clip
from pictogram_training.denoiser import build_scheduler, build_unet
from pictogram_training.draw import read_drawn
from pictogram_training.latents import read_latents
from pictogram_training.needs import UnfinishedPartError
from pictogram_training.recipe import TRAINED, Recipe
from pictogram_training.run import Run, claim
from pictogram_training.stage import read_checkpoint, with_trained_weights
from pictogram_training.tokens import load_tokenizer


def export(run: Run, recipe: Recipe, out: Path) -> None:
    """Writes `base/`, `judge/`, `selector/`, `scorer/` and `recipe.json`.

    A run that reuses classifiers and CLIPs writes only `base/` and `recipe.json`.

    Raises:
        UnfinishedPartError: if a trained part has steps left.
        WorkFolderTakenError: if the work folder belongs to another run.
    """
    claim(run)
    stages = {part: _finished(run, recipe, part) for part in TRAINED if run.makes(part)}
    write_base(run, recipe, out)
    if run.makes("judge"):
        size = read_drawn(run.folder("draw")).pictures.shape[1]
        labels = labels_of(run.source)
        tokenizer = load_tokenizer(run.folder("tokenizer"))
        for part, config in (("selector", recipe.selector), ("judge", recipe.judge)):
            model = with_trained_weights(build_classifier(config, labels), run.folder(part))
            _save(model, out / part)
        scorer = load_clip(run.folder("scorer"), recipe.scorer, tokenizer, size)
        _save(scorer, out / "scorer")
        shutil.copytree(run.folder("tokenizer"), out / "scorer", dirs_exist_ok=True)
    text = json.dumps(_account(run, recipe) | {"stages": stages}, indent=2)
    replace_file(out / ACCOUNT, f"{text}\n".encode())


def write_base(run: Run, recipe: Recipe, out: Path) -> None:
    """Writes `base/`, a diffusers pipeline, with the UNet as far as it is trained."""
    size = read_drawn(run.folder("draw")).pictures.shape[1]
    tokenizer = load_tokenizer(run.folder("tokenizer"))
    shape = read_latents(run.folder("latents")).shape
    unet = build_unet(recipe.unet, shape, recipe.clip.text_width)
    pipeline = StableDiffusionPipeline(
        vae=load_vae(run.folder("vae"), recipe.vae, size).half(),
        text_encoder=load_clip(run.folder("clip"), recipe.clip, tokenizer, size).text_model.half(),
        tokenizer=tokenizer,
        unet=with_trained_weights(unet, run.folder("unet")).half(),
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(out / "base")
    _load_as_float32(out / "base" / "text_encoder")
    shutil.copytree(run.folder("tokenizer"), out / "base" / "tokenizer", dirs_exist_ok=True)


def _save(model: PreTrainedModel, folder: Path) -> None:
    model.half().save_pretrained(folder)
    _load_as_float32(folder)


def _load_as_float32(folder: Path) -> None:
    """Makes transformers load a half-precision file as float32, as diffusers does by default."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def _finished(run: Run, recipe: Recipe, part: str) -> dict[str, object]:
    config = getattr(recipe, part)
    state = read_checkpoint(run.folder(part))
    if state["step"] < config.schedule.steps:
        raise UnfinishedPartError(
            f"{part} is at step {state['step']} of {config.schedule.steps}; finish it with --stage "
            f"{part}, or use --stage snapshot for an unfinished UNet"
        )
    # The schedule of the checkpoint, since the recipe may have changed.
    return {"seconds": round(state["seconds"]), **asdict(config), "schedule": state["schedule"]}


def _account(run: Run, recipe: Recipe) -> dict[str, object]:
    """Training data, settings and libraries."""
    drawn = read_drawn(run.folder("draw"))
    digest = hashlib.sha256(np.ascontiguousarray(drawn.pictures).data)
    digest.update(json.dumps([drawn.captions, drawn.things, drawn.styles]).encode())
    return {
        "seed": run.seed,
        "pictures": {"count": len(drawn), "sha256": digest.hexdigest()},
        "things": run.source.things,
        "styles": run.source.styles,
        "tokenizer": asdict(recipe.tokenizer),
        "libraries": {
            module.__name__: module.__version__
            for module in (diffusers, np, tokenizers, torch, transformers)
        },
    }
