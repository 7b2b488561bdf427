"""What draws and judges: the loaded models of one run, in one hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.sampling import Samples, sample
from erasebench.diffusion.trajectory import Trajectory
from erasebench.evaluation.images import Picture
from erasebench.evaluation.plan import Plan
from erasebench.protocol import Protocol
from erasebench.results.trial import Trial
from erasebench.scoring.panel import Opinion, Panel


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

    def draw(self, trajectories: Sequence[Trajectory], sources: Mapping[str, Picture]) -> Samples:
        """Draws one batch."""
        return sample(self.pipeline, self.protocol, self.noise, trajectories, sources)

    def judge(self, plan: Plan, batch: Sequence[Trial], samples: Samples) -> list[Opinion]:
        """Judges a batch of pictures, each in its probe's view, in the batch's order."""
        opinions: dict[int, Opinion] = {}
        views = [plan.probes[trial.probe].view for trial in batch]
        for view in dict.fromkeys(views):
            rows = [row for row, own in enumerate(views) if own == view]
            judged = self.panel.score(
                samples.pictures[np.array(rows)],
                [CONCEPTS[batch[row].target] for row in rows],
                [plan.trajectory(batch[row]).prompt for row in rows],
                view,
            )
            opinions.update(zip(rows, judged, strict=True))
        return [opinions[row] for row in range(len(batch))]
