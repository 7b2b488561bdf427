"""What is still to be done, counted by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.diffusion.trajectory import BASE
from erasebench.evaluation.cost import Cost, copy_cost, cost_of, tight_disks
from erasebench.evaluation.images import KeptImages
from erasebench.evaluation.plan import Plan, submission_plan
from erasebench.evaluation.selection import select
from erasebench.protocol import PICTOGRAM_V1
from tests.evaluation.tiny_run import TinyWorld

PICTURE = 64 * 64 * 3
"""Bytes of one picture's values."""


def plan_of(*probes: str) -> Plan:
    """Two prompt indices of a church."""
    return submission_plan(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",), probes, limit=2))


def test_equal_trajectories_are_counted_once() -> None:
    """Crop and whole of two prompt indices: four pictures judged, two drawn of 25 steps each."""
    cost = cost_of(plan_of("inpainting_crop", "inpainting_whole"), "all")

    assert (cost.pictures, cost.unet_rows) == (4, 2 * 25 * 2)
    assert cost.disk > 4 * PICTURE


def test_the_base_also_draws_what_is_filled_in() -> None:
    """Two sources of 25 steps, stored whatever is kept, until the first picture is recorded."""
    plan = replace(plan_of("inpainting_crop", "inpainting_whole"), subject=BASE)
    fresh, resumed = cost_of(plan, "none"), cost_of(plan, "none", recorded=1)

    assert (fresh.pictures, fresh.unet_rows) == (4 + 2, 2 * 25 * (2 + 2))
    assert fresh.disk > 2 * PICTURE > resumed.disk
    assert (resumed.pictures, resumed.recorded) == (3, 1)


def test_disk_is_that_of_the_pictures_that_are_kept() -> None:
    """Of 24 draws over two prompt indices, two are kept, or all, or none; records always."""
    plan = plan_of("noise")
    judged, everything, nothing = (cost_of(plan, kept).disk for kept in ("judged", "all", "none"))

    assert 0 < nothing < PICTURE * 24
    assert everything - nothing == 12 * (judged - nothing)
    assert judged - nothing > 2 * PICTURE


def test_a_finished_plan_costs_nothing() -> None:
    """What is recorded is said, and not counted again."""
    plan = plan_of("noise")

    assert cost_of(plan, "all", recorded=24) == Cost(recorded=24)


@pytest.mark.parametrize("images", ["judged", "all"])
def test_no_more_is_written_than_was_told(
    world: TinyWorld, tmp_path: Path, images: KeptImages, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run, cache and the copy of the base's pictures are together within the figure told."""
    world.evaluate(tmp_path, probes=("standard_prompt", "inpainting_crop"), images=images, limit=2)
    told = capsys.readouterr().err.partition("together at most ")[2].partition(" MB")[0]
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    assert 0.1 * float(told) * 1e6 < written < float(told) * 1e6


def test_a_copy_costs_disk_alone() -> None:
    """Nothing is drawn for it."""
    cost = copy_cost(plan_of("noise"), "all")

    assert (cost.pictures, cost.unet_rows) == (0, 0)
    assert cost.disk > 24 * PICTURE


def test_a_disk_with_too_little_room_is_said(tmp_path: Path) -> None:
    """Needs on one disk add up, for folders that are not there yet as well."""
    free = shutil.disk_usage(tmp_path).free
    folders = (tmp_path / "run", tmp_path / "cache" / "base")

    assert list(tight_disks((folder, free // 4) for folder in folders)) == []
    (line,) = tight_disks((folder, free) for folder in folders)
    assert "--images" in line
