"""What draws and judges: the loaded models of one run, in one hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.sampling import Samples, sample
from erasebench.diffusion.trajectory import Trajectory
from erasebench.evaluation.images import Picture
from erasebench.protocol import Protocol
from erasebench.scoring.panel import Panel


@dataclass(frozen=True)
class Apparatus:
    """What draws and judges.

    Attributes:
        protocol: fixes both.
        pipeline: the base, and the submission's weights beside it.
        noise: opens the seed set's streams.
        panel: judge, selector and CLIP.
    """

    protocol: Protocol
    pipeline: LoadedPipeline
    noise: NoiseSource
    panel: Panel
