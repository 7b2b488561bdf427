"""Fine-tuning of the whole UNet on images with one prompt; the text encoder is not trained."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import NoiseStream
from erasebench.optimisation.denoising import random_denoising_loss
from erasebench.optimisation.training import AfterUpdate, Training, no_hook
from erasebench.recipes import Recipe
from erasebench.submission.tensor_names import UNET


def fine_tune_unet(
    pipeline: LoadedPipeline,
    weights: str,
    prompt: str,
    pictures: npt.NDArray[np.uint8],
    noise: NoiseSource,
    recipe: Recipe,
    progress: Path,
    *,
    stream: str,
    label: str,
    ascend: bool = False,
    after_update: AfterUpdate = no_hook,
) -> dict[str, torch.Tensor]:
    """Trains a set's whole UNet on images with one prompt, by AdamW.

    A training that was killed resumes.

    Args:
        pipeline: holds the weights.
        weights: name of the set that training starts from; it is not changed.
        prompt: of all images.
        pictures: uint8 (M, H, W, 3).
        noise: source of everything random, by the number of the update.
        recipe: updates, batch size and AdamW's settings.
        progress: file of the training's progress; it belongs to these arguments alone.
        stream: name of the updates' noise stream.
        label: of the progress bar.
        ascend: whether to maximise the loss.
        after_update: see `Training.run`; tensors have canonical names.

    Returns:
        Canonical name → tensor of every parameter of the UNet, float32.

    Raises:
        DivergedError: if the loss is not finite.
        DiskFullError: if progress cannot be written.
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
        generator = noise.open(NoiseStream(stream, update))
        loss = random_denoising_loss(alphas, predict, clean, embedding, recipe.batch, generator)
        return -loss if ascend else loss

    def canonical(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {f"{UNET}.{name}": tensor for name, tensor in tensors.items()}

    optimiser = torch.optim.AdamW(
        parameters.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    training = Training(parameters, optimiser, progress)
    training.run(
        recipe.updates,
        loss_of,
        label,
        lambda update, tensors: after_update(update, canonical(tensors)),
    )
    return canonical(training.tensors())
