"""What a plan will cost, counted by hand."""

from __future__ import annotations

from erasebench.evaluation.cost import cost_of
from erasebench.evaluation.plan import submission_plan
from erasebench.evaluation.selection import select
from erasebench.protocol import PICTOGRAM_V1


def test_equal_trajectories_are_counted_once() -> None:
    """Crop and whole of two prompt indices: four pictures judged, two drawn of 25 steps each."""
    probes = ("inpainting_crop", "inpainting_whole")
    plan = submission_plan(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",), probes, limit=2))
    cost = cost_of(plan, "all")

    assert (cost.pictures, cost.unet_rows, cost.stored) == (4, 2 * 25 * 2, 4)


def test_disk_is_that_of_the_pictures_that_are_kept() -> None:
    """Of 24 draws over two prompt indices, two are kept, or all, or none."""
    plan = submission_plan(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",), ("noise",), limit=2))
    judged, everything, nothing = (cost_of(plan, kept) for kept in ("judged", "all", "none"))

    assert (nothing.stored, nothing.disk) == (0, 0)
    assert (judged.stored, everything.stored) == (2, 24)
    assert everything.disk == 12 * judged.disk > 24 * 64 * 64 * 3
