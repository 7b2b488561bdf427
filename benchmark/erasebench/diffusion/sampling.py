"""The sampling loop: it generates a batch of trajectories, of any probes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from erasebench.diffusion.ddim import clean_latents, ddim_step
from erasebench.diffusion.guidance import Guidance
from erasebench.diffusion.inpainting import InpaintingMask
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import Trajectory
from erasebench.errors import OverflowedError
from erasebench.protocol import Protocol

CLEAN = 1.0
"""ᾱ of a latent without noise."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Samples:
    """The results of a batch of N trajectories, in their order.

    Attributes:
        latents: clean latents, float32 (N, C, h, w), on the pipeline's device.
        pictures: uint8 (N, H, W, 3).
        unet_rows: UNet rows computed for each; a row shared by k trajectories counts 1/k for
            each. Wall time is divided in this proportion.
    """

    latents: torch.Tensor
    pictures: npt.NDArray[np.uint8]
    unet_rows: tuple[float, ...]


class Distinct(Generic[_Key]):
    """The U different keys among K, in order of first appearance.

    With `values` of length U, one for each different key, `values[index]` has one for each key.

    Attributes:
        keys: the U different keys.
        first: where each of them first appears among the K.
        index: which of the U each of the K is.
    """

    def __init__(self, keys: Sequence[_Key]) -> None:
        """Finds equals by hash."""
        number_of: dict[_Key, int] = {}
        self.first: list[int] = []
        self.index: list[int] = []
        for position, key in enumerate(keys):
            number = number_of.setdefault(key, len(number_of))
            if number == len(self.first):
                self.first.append(position)
            self.index.append(number)
        self.keys = list(number_of)

    def shares(self) -> npt.NDArray[np.float64]:
        """For each of the K keys, 1 over the number of its equals."""
        shares: npt.NDArray[np.float64] = 1 / np.bincount(self.index)[self.index]
        return shares


class _Row(NamedTuple):
    """Everything that a row of a UNet call depends on; equal rows are computed once."""

    weights: str
    prompt: str
    history: tuple[object, ...]


@torch.no_grad()
def sample(
    pipeline: LoadedPipeline,
    protocol: Protocol,
    noise: NoiseSource,
    trajectories: Sequence[Trajectory],
    sources: Mapping[str, npt.NDArray[np.uint8]],
    classifiers: Mapping[str, LatentClassifier] = MappingProxyType({}),
) -> Samples:
    """Generates a batch of trajectories with DDIM and classifier-free guidance.

    A batch may mix prompts, variants, probes and weights. Each latent depends on its own
    trajectory alone: in float32 latents agree within 1e-4 across batch sizes and orders, which
    change only the rounding of matrix products.

    Args:
        pipeline: holds every set of weights that a trajectory names.
        protocol: steps, guidance scale and centre square.
        noise: opens the noise streams of the trajectories.
        trajectories: at least one.
        sources: source images of inpainting by key, each uint8 (H, W, 3).
        classifiers: latent classifiers of guides by name, on the pipeline's device.

    Raises:
        KeyError: if a trajectory's source is not among `sources`, or its guide's classifier not
            among `classifiers`.
        ValueError: if an opening leaves no step to the trajectory's own weights.
        OverflowedError: if a latent or an image is not finite.
    """
    steps = pipeline.schedule(protocol.steps).steps
    for one in trajectories:
        if one.opening is not None and one.opening.steps >= len(steps):
            message = f"an opening of {one.opening.steps} of {len(steps)} steps leaves none"
            raise ValueError(message)
    latents = torch.stack([noise.draw(one.start, pipeline.latent_shape) for one in trajectories])
    latents = latents.to(pipeline.device)
    eta = torch.tensor([one.eta for one in trajectories], dtype=torch.float64)
    noise_scale = torch.tensor([one.noise_scale for one in trajectories], dtype=torch.float64)
    step_noise = _StepNoise(pipeline, noise, trajectories)
    mask = InpaintingMask(pipeline, protocol.centre, noise, trajectories, sources)
    guidance = Guidance(trajectories, classifiers)
    cost = np.zeros(len(trajectories))

    for index, step in enumerate(steps):
        running = [row for row, one in enumerate(trajectories) if not one.has_ended(index)]
        if not running:
            break
        asked = [trajectories[row] for row in running]
        prompted = [_Row(*one.asked_at(index), one.history(index)) for one in asked]
        rows = Distinct([*prompted, *(row._replace(prompt="") for row in prompted)])
        predicted = _predict(pipeline, rows, latents[running], step.timestep)
        conditional, unconditional = predicted[rows.index].chunk(2)
        guided = torch.zeros_like(latents)
        guided[running] = unconditional + protocol.guidance_scale * (conditional - unconditional)
        guided = guidance.push(guided, latents, step)

        moved = ddim_step(latents, guided, step, eta, noise_scale, step_noise.next())
        last = index + 1 == len(steps)
        moved = mask.apply(moved, CLEAN if last else step.next_alpha)
        ending = [row for row in running if trajectories[row].has_ended(index + 1)]
        moved[ending] = clean_latents(latents, guided, step)[ending]
        # Trajectories that ended before keep their latents.
        latents[running] = moved[running]

        cost[running] += rows.shares().reshape(2, -1).sum(axis=0)

    for one, latent in zip(trajectories, latents, strict=True):
        if not latent.isfinite().all():
            raise OverflowedError(f"What {one.weights} gives for {one.prompt!r}")
    drawn = Distinct([one.history(len(steps)) for one in trajectories])
    pictures = pipeline.decode(latents[drawn.first])[drawn.index]
    return Samples(latents, pictures, tuple(cost.tolist()))


def _predict(
    pipeline: LoadedPipeline, rows: Distinct[_Row], latents: torch.Tensor, timestep: int
) -> torch.Tensor:
    """ε of every distinct row, in as few UNet calls of about equal size as possible.

    Args:
        pipeline: runs the UNets.
        rows: the prompted rows of all N trajectories, then their unprompted rows.
        latents: x_t of the trajectories, (N, C, h, w).
        timestep: t.

    Returns:
        (U, C, h, w), in the order of `rows.keys`.
    """
    owner = np.array(rows.first) % len(latents)
    weights_of = np.array([row.weights for row in rows.keys])
    predicted = latents.new_empty((len(rows.keys), *latents.shape[1:]))
    for weights in dict.fromkeys(weights_of.tolist()):
        own = np.flatnonzero(weights_of == weights)
        for call in np.array_split(own, ceil(len(own) / pipeline.rows_per_call)):
            prompts = [rows.keys[row].prompt for row in call]
            embeddings = pipeline.encode_prompts(weights, prompts, timestep)
            predicted[call] = pipeline.predict_noise(
                weights, latents[owner[call]], timestep, embeddings
            )
    return predicted


class _StepNoise:
    """The noise z of every trajectory, step by step."""

    def __init__(
        self, pipeline: LoadedPipeline, noise: NoiseSource, trajectories: Sequence[Trajectory]
    ) -> None:
        """Opens each different stream once."""
        self._pipeline = pipeline
        self._streams = Distinct([one.step_noise for one in trajectories])
        self._generators = [
            None if stream is None else noise.open(stream) for stream in self._streams.keys
        ]

    def next(self) -> torch.Tensor:
        """The next step's z, (N, C, h, w); zero in rows that have no stream."""
        shape = self._pipeline.latent_shape
        drawn = torch.stack(
            [
                torch.zeros(shape) if generator is None else torch.randn(shape, generator=generator)
                for generator in self._generators
            ]
        )
        return drawn[self._streams.index].to(self._pipeline.device)
