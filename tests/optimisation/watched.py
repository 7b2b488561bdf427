"""Streams of noise that note what is opened, and may stop whoever opens one."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.trajectory import NoiseStream


@dataclass(frozen=True)
class WatchedNoise(NoiseSource):
    """The same streams as another source, watched.

    Attributes:
        stop_at: how many streams may be opened; the next ends the process as a kill would.
        opened: those opened so far.
    """

    stop_at: int | None = None
    opened: list[NoiseStream] = field(default_factory=list)

    @classmethod
    def of(cls, noise: NoiseSource, stop_at: int | None = None) -> WatchedNoise:
        """Watches a source."""
        return cls(noise.protocol, noise.seed_set, stop_at)

    def open(self, stream: NoiseStream) -> torch.Generator:
        """The stream's generator."""
        if len(self.opened) == self.stop_at:
            raise KeyboardInterrupt
        self.opened.append(stream)
        return super().open(stream)
