"""Textual inversion: learns one new token for the concept of some images.

No weights change. Only the token's row v of the token embedding is trained, so that the prompt with
the token in the concept's place predicts the noise in the images.

Source: Gal et al., "An Image is Worth One Word" (ICLR 2023), equation 2; settings of Lu et al.
2025, appendix D.1.
Deviation: the prompt is the probe's own with the token in the concept's place, not one of 27 such
as "a photo of a"; labels of several words are replaced whole. Latents are the modes of the VAE's
posterior, images are not flipped, and everything random is seeded. The learning rate is relative to
the norm of the model's embeddings, or an erasure that scales them would weaken the probe; the norm
is that of the words in the protocol's prompts, since unused tokens may have any.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save

from erasebench.concepts import Concept
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE, NoiseStream, prompt_with_token
from erasebench.disk import replace_file
from erasebench.optimisation.denoising import random_denoising_loss
from erasebench.optimisation.training import Training
from erasebench.recipes import Recipe

_NEUTRAL = "object"
"""The first word where no word of the concept is a token."""

_TENSOR = "token"
"""Name of the tensor in a token's file."""


def learn_token(
    pipeline: LoadedPipeline,
    weights: str,
    concept: Concept,
    pictures: npt.NDArray[np.uint8],
    noise: NoiseSource,
    recipe: Recipe,
    prompts: Sequence[str],
    file: Path,
) -> torch.Tensor:
    """Learns a token, or reads the one that an earlier call has learned.

    A training that was killed resumes.

    Args:
        pipeline: holds the weights.
        weights: name of the set on which the token is learned; it is not changed.
        concept: shown by the images; gives the prompt and the first row.
        pictures: uint8 (M, H, W, 3).
        noise: source of everything random, by the number of the update.
        recipe: its learning rate is for embeddings with the norm of the base's.
        prompts: their words give the norm of embeddings.
        file: of the token, in safetensors; it belongs to these arguments alone. Until it is
            written, progress is kept in the same folder.

    Returns:
        float32 (D,), a row for `LoadedPipeline.add_learned_tokens`.

    Raises:
        DivergedError: if the loss is not finite.
        DiskFullError: if the token or progress cannot be written.
    """
    if file.exists():
        return load_file(file)[_TENSOR]
    own = pipeline.weights(weights)
    alphas = pipeline.schedule(steps=1).alphas
    clean = pipeline.encode_pictures(pictures)
    tokens = pipeline.tokens(prompt_with_token(concept))
    row = torch.nn.Parameter(first_row(pipeline, weights, concept))
    learning_rate = recipe.learning_rate * embedding_scale(pipeline, weights, prompts)

    def loss_of(update: int) -> torch.Tensor:
        return random_denoising_loss(
            alphas,
            partial(pipeline.predict_noise, weights),
            clean,
            own.encode_with_rows(tokens, row[None]),
            recipe.batch,
            noise.open(NoiseStream("textual_inversion", update)),
        )

    optimiser = torch.optim.AdamW([row], lr=learning_rate, weight_decay=recipe.weight_decay)
    progress = file.with_name(f".{file.name}.progress")
    training = Training({_TENSOR: row}, optimiser, progress)
    training.run(recipe.updates, loss_of, f"learning a token for {concept.label}")
    learned = training.tensors()[_TENSOR].cpu()
    replace_file(file, save({_TENSOR: learned}))
    progress.unlink(missing_ok=True)
    return learned


def first_row(pipeline: LoadedPipeline, weights: str, concept: Concept) -> torch.Tensor:
    """Initial value: the row of the label's first word that is a single token.

    Where no word is one, the mean row of the tokens of "object", which is usually one.

    Returns:
        float32 (D,), on the pipeline's device.
    """
    words = [_tokens_of(pipeline, word) for word in concept.label.split()]
    whole = [tokens for tokens in words if len(tokens) == 1]
    chosen = [*whole, _tokens_of(pipeline, _NEUTRAL)][0]
    rows = pipeline.weights(weights).text_encoder.get_input_embeddings().weight[chosen]
    mean: torch.Tensor = rows.detach().float().mean(dim=0)
    return mean


def embedding_scale(pipeline: LoadedPipeline, weights: str, prompts: Sequence[str]) -> float:
    """The median norm of a set's token embeddings, divided by that of the base's.

    Args:
        pipeline: holds both.
        weights: name of the set.
        prompts: their tokens are used, each once.
    """
    tokens = sorted({token for prompt in prompts for token in _tokens_of(pipeline, prompt)})
    own, base = (
        pipeline.weights(name)
        .text_encoder.get_input_embeddings()
        .weight[tokens]
        .float()
        .norm(dim=1)
        for name in (weights, BASE)
    )
    return float(own.median() / base.median())


def _tokens_of(pipeline: LoadedPipeline, word: str) -> list[int]:
    tokens: list[int] = pipeline.tokenizer(word, add_special_tokens=False).input_ids
    return tokens
