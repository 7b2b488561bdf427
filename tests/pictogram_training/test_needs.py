"""What a stage needs from those before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pictogram_training.needs import NEEDS, UnfinishedPartError, check_needs
from pictogram_training.recipe import STAGES
from pictogram_training.run import Run
from pictogram_training.stage import CHECKPOINT, read_checkpoint
from tests.pictogram_training.conftest import lend


@pytest.mark.parametrize("stage", NEEDS)
def test_a_finished_run_has_all_that_is_needed(finished: Run, stage: str) -> None:
    """No stage of a finished run asks for what no stage makes."""
    check_needs(finished, stage)


@pytest.mark.parametrize("stage", [stage for stage in NEEDS if NEEDS[stage]])
def test_the_stage_to_run_first_is_named(tmp_path: Path, stage: str) -> None:
    """In an empty folder a stage names the first of those that it needs."""
    with pytest.raises(UnfinishedPartError, match=f"{stage} needs draw.*--stage draw first"):
        check_needs(Run(tmp_path, source=None), stage)


def test_needs_come_before_what_needs_them() -> None:
    """In the recipe's order every stage finds what it needs, as far as stages make it."""
    order = list(STAGES)

    for stage in STAGES:
        assert all(order.index(part) < order.index(stage) for part in NEEDS[stage])


def test_a_half_trained_part_is_not_built_on(finished: Run, tmp_path: Path) -> None:
    """A UNet is not trained on captions that an unfinished CLIP encoded."""
    run = lend(finished, tmp_path / "work")
    state = read_checkpoint(run.folder("clip"))
    (run.work / "clip").unlink()
    (run.work / "clip").mkdir()
    torch.save(state | {"step": 1}, run.folder("clip") / CHECKPOINT)

    with pytest.raises(UnfinishedPartError, match="clip, which is at step 1 of 3"):
        check_needs(run, "unet")


def test_a_lent_part_is_made_in_the_lender_s_folder(finished: Run, tmp_path: Path) -> None:
    """Where the lender lacks a part, the message says that it must be made there."""
    run = replace(lend(finished, tmp_path / "work"), reuse=tmp_path)

    with pytest.raises(UnfinishedPartError, match="--stage tokenizer in the folder of --reuse"):
        check_needs(run, "unet")
