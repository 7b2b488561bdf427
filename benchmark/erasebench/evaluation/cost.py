"""What is still to be done, told before it begins: pictures, time of the denoiser, disk."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from erasebench.diffusion.trajectory import BASE
from erasebench.evaluation.images import KeptImages, disk_need, kept_trials
from erasebench.evaluation.plan import Plan

_RECORD = 2048
"""Bytes that a trial needs beside its picture, amply: its record, its share of the result."""


@dataclass(frozen=True)
class Cost:
    """What is left to be done of a plan, or of several.

    Attributes:
        recorded: pictures that earlier runs have recorded.
        pictures: pictures that are still to be drawn; sources of inpainting count.
        unet_rows: rows of UNet calls, two per step of each different trajectory; less where
            trajectories share their first steps.
        disk: bytes that all this takes at most.
    """

    recorded: int = 0
    pictures: int = 0
    unet_rows: int = 0
    disk: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(
            self.recorded + other.recorded,
            self.pictures + other.pictures,
            self.unet_rows + other.unet_rows,
            self.disk + other.disk,
        )

    def __str__(self) -> str:
        """A phrase for people."""
        return (
            f"{self.pictures} pictures to draw ({self.recorded} recorded before), "
            f"at most {self.unet_rows} UNet rows and {megabytes(self.disk)}"
        )


def cost_of(plan: Plan, images: KeptImages, recorded: int = 0) -> Cost:
    """What is left to be done of a plan.

    Args:
        plan: what is drawn.
        images: which pictures are kept.
        recorded: trials that are recorded already, the first of the plan.
    """
    left = plan.trials[recorded:]
    different = {plan.trajectory(trial) for trial in left}
    # The base's run draws the pictures that are filled in, all before its first record.
    sources = {
        (trial.target, trial.prompt_index)
        for trial in left
        if plan.subject == BASE and not recorded and plan.probes[trial.probe].needs_source
    }
    stored = len(kept_trials(plan, images).intersection(left)) + len(sources)
    return Cost(
        recorded=recorded,
        pictures=len(left) + len(sources),
        unet_rows=2 * plan.protocol.steps * (len(different) + len(sources)),
        disk=disk_need(stored, plan.protocol.image_size) + _RECORD * len(left),
    )


def copy_cost(plan: Plan, images: KeptImages) -> Cost:
    """What a copy of a base's records and kept pictures takes beside a submission's."""
    kept = disk_need(len(kept_trials(plan, images)), plan.protocol.image_size)
    return Cost(disk=kept + _RECORD * len(plan.trials))


def megabytes(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e6:.1f} MB"


def tight_disks(needs: Iterable[tuple[Path, int]]) -> Iterator[str]:
    """Says of each disk on which less is free than may be needed.

    Args:
        needs: folders, which need not be there yet, and bytes that each may take.
    """
    places: dict[int, Path] = {}
    total: defaultdict[int, int] = defaultdict(int)
    for folder, need in needs:
        path = folder.absolute()
        place = next(parent for parent in (path, *path.parents) if parent.exists())
        disk = place.stat().st_dev
        places.setdefault(disk, place)
        total[disk] += need
    for disk, place in places.items():
        free = shutil.disk_usage(place).free
        if free < total[disk]:
            yield (
                f"The disk of {place} has {megabytes(free)} free, and up to "
                f"{megabytes(total[disk])} may be needed: free some, or keep fewer pictures with "
                "--images."
            )
