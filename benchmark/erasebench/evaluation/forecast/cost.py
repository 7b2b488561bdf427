"""Cost estimate of the remaining work: images, optimiser updates, time, disk."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from time import perf_counter

import torch

from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.diffusion.trajectory import BASE
from erasebench.evaluation.plan.kept_images import KeptImages, disk_need, kept_trials
from erasebench.evaluation.plan.plan import Plan
from erasebench.protocol import Protocol

_RECORD = 2048
"""Upper bound of a trial's bytes besides its image: its record, its share of the result."""


_GRADIENT = 3
"""UNet calls without a gradient that take as long as one with a gradient."""


@dataclass(frozen=True)
class Cost:
    """Upper bound of the remaining work of one or several plans.

    Attributes:
        recorded: images recorded by earlier runs.
        pictures: images to generate, including those of searches and of the base.
        updates: updates of optimisers.
        unet_rows: rows of UNet calls, two per step of each different trajectory, fewer if
            trajectories share their first steps; a row with a gradient counts as three.
        disk: bytes of all files.
        temporary: bytes of temporary files during a run; for several runs the maximum, since each
            removes its own before the next starts.
    """

    recorded: int = 0
    pictures: int = 0
    updates: int = 0
    unet_rows: int = 0
    disk: int = 0
    temporary: int = 0

    @property
    def room(self) -> int:
        """Free bytes that are needed."""
        return self.disk + self.temporary

    def __add__(self, other: Cost) -> Cost:
        """Both in sequence."""
        sums = Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Cost)))
        return replace(sums, temporary=max(self.temporary, other.temporary))

    def __str__(self) -> str:
        """E.g. `2 images (0 done)`."""
        updates = f" and {self.updates} optimiser updates" if self.updates else ""
        return f"{self.pictures} images{updates} ({self.recorded} done)"

    def minutes(self, seconds_per_row: float) -> str:
        """Time at a given speed of the UNet, e.g. `563 min`."""
        minutes = self.unet_rows * seconds_per_row / 60
        return f"{minutes:.0f} min" if minutes >= 2 else "less than 2 min"


def cost_of(plan: Plan, images: KeptImages, unet_size: int, recorded: int = 0) -> Cost:
    """The remaining work of a plan, without the base's images.

    Args:
        plan: the plan.
        images: which images are kept.
        unet_size: bytes of a UNet in float32.
        recorded: number of recorded trials, the first of the plan.
    """
    left = plan.trials[recorded:]
    different = {plan.trajectories[trial] for trial in left}
    steps = 2 * plan.protocol.steps
    cost = Cost(
        recorded=recorded,
        pictures=len(left),
        unet_rows=steps * len(different),
        disk=disk_need(len(kept_trials(plan, images).intersection(left)), plan.protocol.image_size)
        + _RECORD * len(left),
    )
    unets = 0
    for name, target in plan.probe_targets if left else ():
        effort = plan.probes[name].effort(
            plan.protocol, len(plan.indices(name, target)), encoder_edited=plan.encoder_edited
        )
        cost += Cost(
            pictures=effort.pictures,
            updates=effort.updates,
            unet_rows=steps * effort.pictures + _GRADIENT * effort.rows,
        )
        unets += effort.unets
    return replace(cost, temporary=unets * unet_size)


def drawing_cost(protocol: Protocol, pictures: int, *, stored: bool = False) -> Cost:
    """The work for images outside a plan: the base's that probes start from, and traces.

    Args:
        protocol: fixes size and steps.
        pictures: number of images.
        stored: whether they are kept as files.
    """
    return Cost(
        pictures=pictures,
        unet_rows=2 * protocol.steps * pictures,
        disk=disk_need(pictures, protocol.image_size) if stored else 0,
    )


def unet_size_of(pipeline: LoadedPipeline) -> int:
    """Bytes of the base's UNet in float32, the precision of its training."""
    count: int = pipeline.weights(BASE).unet.num_parameters()
    return torch.float32.itemsize * count


def seconds_per_row(pipeline: LoadedPipeline) -> float:
    """Seconds per row of a UNet call on this device, measured with full calls."""
    rows = pipeline.rows_per_call
    latents = torch.zeros((rows, *pipeline.latent_shape))
    embeddings = pipeline.encode_prompts(BASE, [""]).expand(rows, -1, -1)
    seconds = []
    for _ in range(3):
        began = perf_counter()
        with torch.no_grad():
            predicted = pipeline.predict_noise(BASE, latents.to(pipeline.device), 1, embeddings)
        # Reading a value waits for the device.
        predicted.sum().item()
        seconds.append(perf_counter() - began)
    return min(seconds) / rows


def copy_cost(plan: Plan, images: KeptImages) -> Cost:
    """The cost of copying a base's records and kept images into a submission's run."""
    kept = disk_need(len(kept_trials(plan, images)), plan.protocol.image_size)
    return Cost(disk=kept + _RECORD * len(plan.trials))


def readable_size(size: int) -> str:
    """A number of bytes in kB, MB or GB."""
    power = 9 if size >= 1e9 else 6 if size >= 1e6 else 3
    return f"{size / 10**power:.{power // 6}f} {'kMG'[power // 3 - 1]}B"


def tight_disks(needs: Iterable[tuple[Path, Cost]]) -> Iterator[str]:
    """Warnings for disks with less free space than may be needed.

    Args:
        needs: folders, which may not exist yet, and the work in each, in sequence.
    """
    places: dict[int, Path] = {}
    total: defaultdict[int, Cost] = defaultdict(Cost)
    for folder, need in needs:
        path = folder.absolute()
        place = next(parent for parent in (path, *path.parents) if parent.exists())
        disk = place.stat().st_dev
        places.setdefault(disk, place)
        total[disk] += need
    for disk, place in places.items():
        free = shutil.disk_usage(place).free
        room = total[disk].room
        if free < room:
            yield (
                f"The disk of {place} has {readable_size(free)} free; up to {readable_size(room)} "
                "may be needed. Free some space, or keep fewer images with --images."
            )
