"""Stage `export`: the trained parts as standard folders, half precision, nothing pickled."""

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
from pictogram_training.classifier import labels_of, load_classifier
from pictogram_training.contrastive import load_clip
from pictogram_training.denoiser import Conditions, build_scheduler, load_unet
from pictogram_training.draw import read_drawn
from pictogram_training.latents import read_latents
from pictogram_training.needs import UnfinishedPartError
from pictogram_training.recipe import TRAINED, Recipe
from pictogram_training.run import Run, claim
from pictogram_training.stage import read_checkpoint
from pictogram_training.tokens import load_tokenizer


def export(run: Run, recipe: Recipe, out: Path) -> None:
    """Writes `base/`, `judge/`, `selector/`, `scorer/` and `recipe.json`.

    A run that takes its classifiers and CLIPs from another run writes `base/` and `recipe.json`.

    Raises:
        UnfinishedPartError: if a trained part has steps left.
        WorkFolderTakenError: if the work folder belongs to another run.
    """
    claim(run)
    told = {part: _finished(run, recipe, part) for part in TRAINED if run.makes(part)}
    write_base(run, recipe, out)
    if run.makes("judge"):
        size = read_drawn(run.folder("draw")).pictures.shape[1]
        labels = labels_of(run.source)
        tokenizer = load_tokenizer(run.folder("tokenizer"))
        for part, config in (("selector", recipe.selector), ("judge", recipe.judge)):
            _save(load_classifier(run.folder(part), config, labels), out / part)
        scorer = load_clip(run.folder("scorer"), recipe.scorer, tokenizer, size)
        _save(scorer, out / "scorer")
        shutil.copytree(run.folder("tokenizer"), out / "scorer", dirs_exist_ok=True)
    text = json.dumps(_account(run, recipe) | {"stages": told}, indent=2)
    replace_file(out / ACCOUNT, f"{text}\n".encode())


def write_base(run: Run, recipe: Recipe, out: Path) -> None:
    """Writes `base/`, a pipeline that diffusers loads, with the UNet as far as it is trained."""
    size = read_drawn(run.folder("draw")).pictures.shape[1]
    tokenizer = load_tokenizer(run.folder("tokenizer"))
    shape = read_latents(run.folder("latents")).shape
    conditions = Conditions(shape[1], shape[2], recipe.clip.text_width)
    pipeline = StableDiffusionPipeline(
        vae=load_vae(run.folder("vae"), recipe.vae, size).half(),
        text_encoder=load_clip(run.folder("clip"), recipe.clip, tokenizer, size).text_model.half(),
        tokenizer=tokenizer,
        unet=load_unet(run.folder("unet"), recipe.unet, conditions).half(),
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
    """Lets transformers load a half-precision file in full, as diffusers does by itself."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def _finished(run: Run, recipe: Recipe, part: str) -> dict[str, object]:
    config = getattr(recipe, part)
    state = read_checkpoint(run.folder(part))
    if state["step"] < config.schedule.steps:
        raise UnfinishedPartError(
            f"{part} stands at step {state['step']} of {config.schedule.steps}; run --stage {part} "
            "to its end, or --stage snapshot to look at an unfinished UNet"
        )
    # The checkpoint knows the schedule it was made with; the recipe could have changed since.
    return {"seconds": round(state["seconds"]), **asdict(config), "schedule": state["schedule"]}


def _account(run: Run, recipe: Recipe) -> dict[str, object]:
    """What the models were made from and with."""
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
