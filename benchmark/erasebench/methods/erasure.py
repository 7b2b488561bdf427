"""Input of a method: the concept, the base and the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from erasebench.concepts import Concept
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import example_start
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.methods.checkpoints import Checkpoints
from erasebench.methods.settings import Wording
from erasebench.optimisation.base_pictures import plain_pictures
from erasebench.protocol import Protocol


@dataclass(frozen=True)
class Erasure:
    """One concept to be erased from one base.

    Attributes:
        protocol: whose base it is.
        pipeline: the base, loaded.
        concept: what is erased.
        seed: of everything random.
        progress: file of a long training's progress; another erasure, or one with other settings,
            has another file.
        checkpoints: writes checkpoints along a training; None where none is requested.
    """

    protocol: Protocol
    pipeline: LoadedPipeline
    concept: Concept
    seed: int
    progress: Path
    checkpoints: Checkpoints | None = None

    def text(self, wording: Wording) -> str:
        """The concept's text in training: c in the formulas."""
        return self.concept.label if wording == "label" else self.concept.prompt

    @property
    def noise(self) -> NoiseSource:
        """Opens the streams of noise of the erasure's seed."""
        return NoiseSource(self.protocol.name, f"erasure {self.seed}")

    def generator(self, update: int) -> torch.Generator:
        """A CPU generator for one update, which does not depend on what came before it."""
        return self.noise.open(NoiseStream("update", update))

    def keep(self, update: int, tensors: Mapping[str, torch.Tensor]) -> None:
        """Writes a checkpoint, if one is due after this update.

        A method that trains calls it after each update. Only if the trained tensors are its result
        can it be `after_update` itself; a task vector, say, first negates them.

        Args:
            update: updates taken so far.
            tensors: canonical name → what the method would return after them.

        Raises:
            DiskFullError, UnwritableError: if it cannot be written.
        """
        if self.checkpoints is not None:
            self.checkpoints.keep(update, tensors)

    def pictures(self, count: int) -> npt.NDArray[np.uint8]:
        """Images of the concept to train on, by the base: uint8 (count, H, W, 3).

        They start from the erasure's seed, so that no probe starts from the same noise.
        """
        starts = [example_start(number) for number in range(count)]
        return plain_pictures(self._draw, self.concept, starts)

    def _draw(self, trajectories: Sequence[Trajectory]) -> npt.NDArray[np.uint8]:
        size = max(1, self.pipeline.rows_per_call // 2)
        batches = (trajectories[at : at + size] for at in range(0, len(trajectories), size))
        return np.concatenate(
            [
                sample(self.pipeline, self.protocol, self.noise, batch, {}).pictures
                for batch in batches
            ]
        )

    def unet_tensors(self) -> dict[str, torch.Tensor]:
        """The base's UNet by canonical name, not copied."""
        tensors = self.pipeline.weights(BASE).tensors()
        return {name: tensor for name, tensor in tensors.items() if name.startswith("unet.")}
