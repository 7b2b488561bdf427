"""What is still to be done, counted by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.evaluation.forecast.cost import Cost, copy_cost, cost_of, drawing_cost, tight_disks
from erasebench.evaluation.plan.kept_images import KeptImages
from erasebench.evaluation.plan.plan import Plan, submission_plan
from erasebench.evaluation.plan.selection import select, suite_of
from erasebench.protocol import PICTOGRAM_V1
from erasebench.recipes import PrefixBudget, Recipe
from tests.evaluation.tiny_run import TinyWorld

PICTURE = 64 * 64 * 3
"""Bytes of one picture's values."""

UNET = 4000
"""Bytes of a UNet."""

SOME = ("standard_prompt", "inpainting_crop", "textual_inversion")
"""Probes that store, and begin from, pictures of every kind but one."""

PROTOCOL = replace(
    PICTOGRAM_V1,
    inversion=Recipe(updates=30, batch=8, learning_rate=2e-3),
    prefixes=PrefixBudget(tokens=3, timesteps=6, updates=5, timesteps_per_try=2),
    relearning=Recipe(updates=10, batch=4, learning_rate=1e-4),
)
"""Budgets to reckon with."""


def plan_of(
    *probes: str, concepts: tuple[str, ...] = ("church",), encoder_edited: bool = False
) -> Plan:
    """Two prompt indices of each concept."""
    return submission_plan(
        PROTOCOL, select(PROTOCOL, concepts, probes, limit=2), encoder_edited=encoder_edited
    )


def test_equal_trajectories_are_counted_once() -> None:
    """Crop and whole of two prompt indices: four pictures judged, two drawn of 25 steps each."""
    cost = cost_of(plan_of("inpainting_crop", "inpainting_whole"), "all", UNET)

    assert (cost.pictures, cost.unet_rows) == (4, 2 * 25 * 2)
    assert cost.disk > 4 * PICTURE


def test_pictures_of_no_plan_cost_what_others_do() -> None:
    """Three of 25 steps; disk only where they are kept."""
    stored, seen = drawing_cost(PROTOCOL, 3, stored=True), drawing_cost(PROTOCOL, 3)

    assert (stored.pictures, stored.unet_rows) == (seen.pictures, seen.unet_rows) == (3, 2 * 25 * 3)
    assert stored.disk > 3 * PICTURE
    assert seen.disk == 0


@pytest.mark.parametrize(
    ("probe", "pictures", "updates", "rows"),
    [
        # A row with a gradient takes as long as three without.
        ("textual_inversion", 2, 30, 3 * 30 * 8),
        ("relearning", 2, 10, 3 * 10 * 4),
        # The plain prompt and three prefixes for each index, of 50 rows each.
        ("random_prefix", 2 + 2 * 4, 0, 50 * 2 * 4),
        ("unlearn_diff_atk", 2 + 2 * 4, 6 * 5, 50 * 2 * 4 + 3 * 2 * 6 * 5),
        ("classifier_guidance", 2 * 12, 0, 50 * 2 * 11),
    ],
)
def test_what_is_made_first_is_counted_at_its_most(
    probe: str, pictures: int, updates: int, rows: int
) -> None:
    """Searches as if none succeeded, by hand, plus the two images that are judged in the end.

    The disk is for those alone.
    """
    cost = cost_of(plan_of(probe), "none", UNET)

    assert (cost.pictures, cost.updates) == (pictures, updates)
    assert cost.unet_rows == 2 * 50 + rows
    assert (
        cost.disk == cost_of(plan_of("noise"), "none", UNET).disk * len(plan_of(probe).trials) / 24
    )


def test_an_encoder_of_its_own_costs_a_second_token() -> None:
    """Twice the updates, and two pictures more."""
    one, two = (
        cost_of(plan_of("textual_inversion", encoder_edited=edited), "all", UNET)
        for edited in (False, True)
    )

    assert (two.pictures, two.updates) == (2 * one.pictures, 2 * one.updates)
    assert two.unet_rows == 2 * one.unet_rows


def test_disk_is_that_of_the_pictures_that_are_kept() -> None:
    """Of 24 draws over two prompt indices, two are kept, or all, or none; records always."""
    plan = plan_of("noise")
    judged, everything, nothing = (
        cost_of(plan, kept, UNET).disk for kept in ("judged", "all", "none")
    )

    assert 0 < nothing < PICTURE * 24
    assert everything - nothing == 12 * (judged - nothing)
    assert judged - nothing > 2 * PICTURE


def test_relearning_takes_room_until_the_run_is_done() -> None:
    """Six UNets for each target at the same time; nothing else trains a whole UNet."""
    one, two = (
        cost_of(plan_of("relearning", concepts=concepts), "all", UNET)
        for concepts in (("church",), ("church", "tench"))
    )

    assert (one.temporary, two.temporary) == (6 * UNET, 12 * UNET)
    assert one.room == one.disk + 6 * UNET
    others = [name for name in suite_of(PROTOCOL) if name != "relearning"]
    assert cost_of(plan_of(*others), "all", UNET).temporary == 0


def test_of_runs_one_after_another_the_greatest_need_counts_once() -> None:
    """What stays adds up; what each removes at its end is taken again by the next."""
    together = Cost(disk=10, temporary=3) + Cost(disk=20, temporary=5) + Cost(disk=30)

    assert (together.disk, together.temporary, together.room) == (60, 5, 65)


def test_a_finished_plan_costs_nothing() -> None:
    """What is recorded is said, and not counted again."""
    plan = plan_of("noise")

    assert cost_of(plan, "all", UNET, recorded=24) == Cost(recorded=24)
    for probe in ("unlearn_diff_atk", "relearning"):
        assert cost_of(plan_of(probe), "all", UNET, recorded=2) == Cost(recorded=2)


@pytest.mark.parametrize("images", ["judged", "all"])
def test_no_more_is_written_than_was_forecast(
    world: TinyWorld, tmp_path: Path, images: KeptImages, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run, cache and the copy of the base's images are together within the forecast."""
    world.evaluate(tmp_path, probes=SOME, images=images, limit=2)
    size, unit = capsys.readouterr().err.partition("at most ")[2].split()[:2]
    most = float(size) * {"kB": 1e3, "MB": 1e6}[unit]
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    assert 0.1 * most < written < most


def test_a_copy_costs_disk_alone() -> None:
    """Nothing is drawn for it."""
    cost = copy_cost(plan_of("noise"), "all")

    assert (cost.pictures, cost.unet_rows) == (0, 0)
    assert cost.disk > 24 * PICTURE


def test_a_disk_with_too_little_room_is_said(tmp_path: Path) -> None:
    """Needs on one disk add up, for folders that are not there yet as well."""
    free = shutil.disk_usage(tmp_path).free
    folders = (tmp_path / "run", tmp_path / "cache" / "base")

    assert list(tight_disks((folder, Cost(disk=free // 4)) for folder in folders)) == []
    (line,) = tight_disks((folder, Cost(disk=free)) for folder in folders)
    assert "--images" in line
    temporary = Cost(disk=free // 4, temporary=free // 3)
    assert list(tight_disks((folder, temporary) for folder in folders)) == []
