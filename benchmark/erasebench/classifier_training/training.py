"""Training of a latent classifier, resumable after each epoch."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_
from tqdm import tqdm

from erasebench.classifier_training.latent_views import LabelledLatents, drawn_timesteps, noised
from erasebench.classifier_training.metrics import logits
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.noise import initialised
from erasebench.disk import replace_file
from erasebench.recipes import ClassifierRecipe


@dataclass(frozen=True)
class Split:
    """Training examples, and validation examples whose loss selects the epoch."""

    training: LabelledLatents
    validation: LabelledLatents


@dataclass(frozen=True)
class Trained:
    """A trained classifier and its losses.

    Attributes:
        classifier: with the weights of the best epoch, in evaluation mode.
        best_epoch: the epoch with the lowest validation loss, from 1.
        losses: validation loss after each epoch.
    """

    classifier: LatentClassifier
    best_epoch: int
    losses: tuple[float, ...]


def seeded(seed: int, part: str) -> torch.Generator:
    """CPU generator of one part of a training, independent of other parts."""
    digest = hashlib.sha256(f"erasebench latent classifier {seed} {part}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def split(examples: LabelledLatents, share: float, seed: int) -> Split:
    """Splits examples at random.

    Args:
        examples: all examples.
        share: share of the validation part, of 1.
        seed: of the split.
    """
    order = torch.randperm(len(examples), generator=seeded(seed, "split"))
    held = round(len(examples) * share)
    return Split(training=examples.rows(order[held:]), validation=examples.rows(order[:held]))


def train(
    parts: Split,
    alphas: torch.Tensor,
    recipe: ClassifierRecipe,
    device: torch.device,
    progress: Path,
) -> Trained:
    """Trains until the validation loss stops falling.

    Random numbers of an epoch depend only on the seed and its number, so a resumed training gives
    the same result as an uninterrupted one.

    Args:
        parts: the examples; the training part has both kinds.
        alphas: ᾱ_t of every timestep of the base's training, (T,).
        recipe: settings.
        device: where to compute.
        progress: file for the state of this training; the caller removes it.

    Raises:
        DiskFullError, UnwritableError: if the state cannot be stored.
    """
    shape = parts.training.latents.shape
    with initialised(recipe.seed):
        classifier = LatentClassifier((shape[1], shape[2], shape[3]), alphas)
    training = _Training(classifier.to(device), parts, recipe, progress)
    with tqdm(desc="training", total=recipe.epochs, initial=training.epoch, unit=" epochs") as bar:
        while not training.done:
            training.run_epoch()
            bar.set_postfix(loss=f"{training.losses[-1]:.4f}", refresh=False)
            bar.update()
    return training.best()


class _Training:
    """State of a training, restored from the file of progress."""

    def __init__(
        self,
        classifier: LatentClassifier,
        parts: Split,
        recipe: ClassifierRecipe,
        progress: Path,
    ) -> None:
        """Starts anew, or resumes if the file of progress exists."""
        self.losses: list[float] = []
        self._classifier = classifier
        self._alphas = classifier.alphas.cpu()
        self._device = classifier.alphas.device
        self._parts = parts
        self._recipe = recipe
        self._progress = progress
        self._best: dict[str, torch.Tensor] = {}
        self._optimiser = torch.optim.AdamW(
            classifier.parameters(),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        shows = parts.training.shows
        self._positive_weight = ((~shows).sum() / shows.sum()).to(self._device)
        self._validation = self._views(parts.validation, seeded(recipe.seed, "validation"))
        if progress.exists():
            self._resume()

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.losses)

    @property
    def done(self) -> bool:
        """Whether all epochs are finished, or the loss has stopped falling."""
        return self.epoch == self._recipe.epochs or (
            self.epoch > 0 and self.epoch - self._best_epoch() >= self._recipe.patience
        )

    def run_epoch(self) -> None:
        """Trains on every example once, in several views; then validates and saves."""
        generator = seeded(self._recipe.seed, f"epoch {self.epoch}")
        order = torch.randperm(len(self._parts.training), generator=generator)
        for rows in order.split(self._recipe.batch):
            views = self._views(self._parts.training.rows(rows), generator)
            self._optimiser.zero_grad(set_to_none=True)
            answer = self._classifier(
                views.latents.to(self._device), views.timesteps.to(self._device), generator
            )
            self._loss(answer, views.shows).backward()
            clip_grad_norm_(self._classifier.parameters(), self._recipe.clip)
            self._optimiser.step()
        seen = self._validation
        answer = logits(self._classifier, seen.latents, seen.timesteps).to(self._device)
        loss = self._loss(answer, seen.shows).item()
        if loss < min(self.losses, default=inf):
            state = self._classifier.state_dict()
            self._best = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
        self.losses.append(loss)
        self._save()

    def best(self) -> Trained:
        """The classifier of the best epoch."""
        self._classifier.load_state_dict(self._best)
        self._classifier.eval().requires_grad_(False)
        return Trained(self._classifier, self._best_epoch(), tuple(self.losses))

    def _best_epoch(self) -> int:
        return self.losses.index(min(self.losses)) + 1

    def _views(self, clean: LabelledLatents, generator: torch.Generator) -> _Views:
        """Several views of every example, each with its own noise."""
        recipe = self._recipe
        repeated = clean.latents.repeat_interleave(recipe.views, dim=0)
        timesteps = drawn_timesteps(len(repeated), len(self._alphas), recipe.noise_power, generator)
        return _Views(
            noised(repeated, self._alphas, timesteps, generator),
            timesteps,
            clean.shows.repeat_interleave(recipe.views),
        )

    def _loss(self, answer: torch.Tensor, shows: torch.Tensor) -> torch.Tensor:
        return binary_cross_entropy_with_logits(
            answer, shows.to(answer), pos_weight=self._positive_weight
        )

    def _save(self) -> None:
        state = {
            "losses": self.losses,
            "classifier": self._classifier.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "best": self._best,
        }
        content = io.BytesIO()
        torch.save(state, content)
        replace_file(self._progress, content.getvalue())

    def _resume(self) -> None:
        state: dict[str, Any] = torch.load(
            self._progress, map_location=self._device, weights_only=True
        )
        self.losses = state["losses"]
        self._classifier.load_state_dict(state["classifier"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._best = state["best"]


@dataclass(frozen=True)
class _Views:
    """Noisy latents, float32 (N, C, h, w), their timesteps, and whether each is positive."""

    latents: torch.Tensor
    timesteps: torch.Tensor
    shows: torch.Tensor
