"""What a method is given: what to erase, from what, and how it is seeded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from erasebench.concepts import Concept
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE, NoiseStream
from erasebench.methods.checkpoints import Checkpoints
from erasebench.methods.settings import Wording
from erasebench.protocol import Protocol


@dataclass(frozen=True)
class Erasure:
    """One concept to be erased from one base.

    Attributes:
        protocol: whose base it is.
        pipeline: the base, loaded.
        concept: what is to be erased.
        seed: of everything random.
        progress: file in which a long training keeps how far it has got; another erasure, or one
            with other settings, has another file.
        checkpoints: keeps what a training has made on the way; None where nobody asked for it.
    """

    protocol: Protocol
    pipeline: LoadedPipeline
    concept: Concept
    seed: int
    progress: Path
    checkpoints: Checkpoints | None = None

    def text(self, wording: Wording) -> str:
        """What the concept is called in training: c in the formulas."""
        return self.concept.label if wording == "label" else self.concept.prompt

    def generator(self, update: int) -> torch.Generator:
        """A CPU generator for one update, which does not depend on what came before it."""
        seeds = NoiseSource(self.protocol.name, f"erasure {self.seed}")
        return seeds.open(NoiseStream("update", update))

    def unet_tensors(self) -> dict[str, torch.Tensor]:
        """The base's UNet by canonical name, not copied."""
        tensors = self.pipeline.weights(BASE).tensors()
        return {name: tensor for name, tensor in tensors.items() if name.startswith("unet.")}
