"""Stored pictures: which, and that they are what was drawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from erasebench.diffusion.picture_file import load_picture, store_picture
from erasebench.evaluation.plan.kept_images import (
    disk_need,
    kept_trials,
    picture_path,
)
from erasebench.evaluation.plan.plan import submission_plan
from erasebench.evaluation.plan.selection import select
from erasebench.protocol import PICTOGRAM_V1

PLAN = submission_plan(PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",)), encoder_edited=False)


def test_a_stored_picture_is_read_back_to_the_value(tmp_path: Path) -> None:
    """So that it scores again to the same verdicts; and its file is within what was foretold."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / "images" / "church" / "000-00.png"
    store_picture(path, picture)

    assert np.array_equal(picture, load_picture(path))
    assert path.stat().st_size <= disk_need(1, 64)


def test_judged_keeps_one_picture_per_probe_and_prompt_index() -> None:
    """Each probe of each target shows each prompt index once."""
    kept = kept_trials(PLAN, "judged")
    shown = Counter((t.erased, t.target, t.probe, t.prompt_index) for t in kept)
    asked = {(t.erased, t.target, t.probe, t.prompt_index) for t in PLAN.trials}

    assert shown == dict.fromkeys(asked, 1)


def test_judged_shows_every_setting_in_turn() -> None:
    """Twelve settings over 24 prompt indices: each twice, none picked for its looks."""
    kept = kept_trials(PLAN, "judged")
    noise = Counter(t.variant for t in kept if t.probe == "noise" and t.target == "church")

    assert noise == dict.fromkeys(range(12), 2)


def test_all_keeps_all_and_none_keeps_none() -> None:
    """As the words say."""
    assert kept_trials(PLAN, "all") == set(PLAN.trials)
    assert kept_trials(PLAN, "none") == set()


def test_every_trial_has_a_file_name_of_its_own() -> None:
    """No picture overwrites another."""
    assert len({picture_path(trial) for trial in PLAN.trials}) == len(PLAN.trials)
