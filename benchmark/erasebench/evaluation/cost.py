"""What a plan will cost, told before it begins."""

from __future__ import annotations

from dataclasses import dataclass

from erasebench.evaluation.images import KeptImages, disk_need, kept_trials
from erasebench.evaluation.plan import Plan

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Cost:
    """What a plan costs.

    Attributes:
        pictures: pictures that are judged.
        unet_rows: rows of UNet calls, two per step of each different trajectory; less where
            trajectories share their first steps.
        stored: pictures that are kept as files.
        disk: bytes that these take at most.
    """

    pictures: int
    unet_rows: int
    stored: int
    disk: int

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.pictures} pictures, at most {self.unet_rows} UNet rows, "
            f"{self.stored} pictures kept in at most {self.disk / _MEGABYTE:.1f} MB"
        )


def cost_of(plan: Plan, images: KeptImages) -> Cost:
    """The cost of running a plan from its beginning.

    Args:
        plan: what is drawn.
        images: which pictures are kept.
    """
    different = {plan.trajectory(trial) for trial in plan.trials}
    stored = len(kept_trials(plan, images))
    return Cost(
        pictures=len(plan.trials),
        unet_rows=2 * plan.protocol.steps * len(different),
        stored=stored,
        disk=disk_need(stored, plan.protocol.image_size),
    )
