"""Relearning: how soon a model knows a concept again when it is shown a few pictures of it.

The whole UNet is trained with the concept's prompt; the text encoder stays as it is.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import NoiseStream
from erasebench.optimisation.denoising import random_denoising_loss
from erasebench.optimisation.training import Training
from erasebench.recipes import Recipe
from erasebench.submission.names import UNET


def fine_tune_unet(
    pipeline: LoadedPipeline,
    weights: str,
    prompt: str,
    pictures: npt.NDArray[np.uint8],
    noise: NoiseSource,
    recipe: Recipe,
    progress: Path,
) -> dict[str, torch.Tensor]:
    """Trains a set's whole UNet on pictures with one prompt, by AdamW.

    A training that was killed goes on where it stood.

    Args:
        pipeline: holds the weights.
        weights: name of the set that is trained from; it stays as it is.
        prompt: what the pictures show.
        pictures: uint8 (M, H, W, 3).
        noise: source of everything random, by the number of the update.
        recipe: how long and how fast.
        progress: file in which the training keeps how far it has got; it belongs to this set of
            weights, prompt, pictures and recipe alone.

    Returns:
        Canonical name → tensor of every parameter of the UNet, float32.

    Raises:
        DivergedError: if the loss is not finite.
        DiskFullError: if progress cannot be kept.
    """
    alphas = pipeline.schedule(steps=1).alphas
    clean = pipeline.encode_pictures(pictures)
    embedding = pipeline.encode_prompts(weights, [prompt])
    # Trained in float32 whatever the pipeline's dtype: half precision would round small steps away.
    parameters = {
        name: torch.nn.Parameter(tensor.detach().float().clone())
        for name, tensor in pipeline.weights(weights).unet.named_parameters()
    }

    predict = partial(pipeline.predict_noise, weights, parameters=parameters)

    def loss_of(update: int) -> torch.Tensor:
        generator = noise.open(NoiseStream("relearning", update))
        return random_denoising_loss(alphas, predict, clean, embedding, recipe.batch, generator)

    optimiser = torch.optim.AdamW(
        parameters.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    training = Training(parameters, optimiser, progress)
    training.run(recipe.updates, loss_of, f"relearning {prompt!r}")
    return {f"{UNET}.{name}": tensor for name, tensor in training.tensors().items()}
