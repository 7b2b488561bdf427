"""The recipe: settings and order of all stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pictogram_training.autoencoder import AutoencoderConfig, train_vae
from pictogram_training.classifier import JUDGE, SELECTOR, ClassifierConfig, train_classifier
from pictogram_training.contrastive import ContrastiveConfig, train_clip
from pictogram_training.denoiser import DenoiserConfig, train_unet
from pictogram_training.draw import DrawConfig, draw
from pictogram_training.latents import LatentsConfig, encode_drawn
from pictogram_training.run import Run
from pictogram_training.tokens import TokenizerConfig, train_tokenizer


@dataclass(frozen=True)
class Recipe:
    """Settings of every stage; `clip` and `scorer` differ in their seeds only."""

    draw: DrawConfig = DrawConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    selector: ClassifierConfig = SELECTOR
    judge: ClassifierConfig = JUDGE
    clip: ContrastiveConfig = ContrastiveConfig()
    scorer: ContrastiveConfig = ContrastiveConfig()
    vae: AutoencoderConfig = AutoencoderConfig()
    latents: LatentsConfig = LatentsConfig()
    unet: DenoiserConfig = DenoiserConfig()

    def with_steps(self, part: str, steps: int) -> Recipe:
        """The recipe with another number of optimiser steps for one part."""
        config = getattr(self, part)
        changed = replace(config, schedule=replace(config.schedule, steps=steps))
        return replace(self, **{part: changed})


TRAINED = ("selector", "judge", "clip", "scorer", "vae", "unet")
"""Trained parts, each with a schedule and a checkpoint."""

STAGES: dict[str, Callable[[Run, Recipe], object]] = {
    "draw": lambda run, recipe: draw(run, recipe.draw),
    "tokenizer": lambda run, recipe: train_tokenizer(run, recipe.tokenizer),
    "selector": lambda run, recipe: train_classifier(run, "selector", recipe.selector),
    "judge": lambda run, recipe: train_classifier(run, "judge", recipe.judge),
    "clip": lambda run, recipe: train_clip(run, "clip", recipe.clip),
    "scorer": lambda run, recipe: train_clip(run, "scorer", recipe.scorer),
    "vae": lambda run, recipe: train_vae(run, recipe.vae),
    "latents": lambda run, recipe: encode_drawn(run, recipe.latents, recipe.vae),
    "unet": lambda run, recipe: train_unet(run, recipe.unet, recipe.clip),
}
"""Functions that make the parts, in a valid order."""
