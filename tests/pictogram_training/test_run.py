"""A work folder belongs to one run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from erasebench.pictogram.drawings import Drawings
from pictogram_training.photographs import Photographs
from pictogram_training.run import Run, WorkFolderTakenError, claim
from tests.pictogram_training.test_photographs import write_photographs


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run that owns its folder, and has made nothing yet."""
    run = Run(tmp_path / "work", Drawings(("church", "picasso")), seed=3, reuse=tmp_path)
    claim(run)
    return run


def test_the_folder_says_whose_it_is(run: Run) -> None:
    """`run.json` holds seed, kind of pictures, what is left out and whether parts are lent."""
    assert json.loads((run.work / "run.json").read_text()) == {
        "seed": 3,
        "source": "drawings",
        "without": ["church", "picasso"],
        "reuse": True,
    }


def test_the_same_run_goes_on(run: Run) -> None:
    """Claiming again changes nothing, in whatever order the names to leave out were given."""
    before = (run.work / "run.json").read_bytes()

    claim(replace(run, source=Drawings(("picasso", "church"))))

    assert before == (run.work / "run.json").read_bytes()


def test_another_seed_is_refused(run: Run) -> None:
    """A false seed can be neither used nor recorded."""
    with pytest.raises(WorkFolderTakenError, match="seed is 3, not 4"):
        claim(replace(run, seed=4))


def test_another_world_is_refused(run: Run, tmp_path: Path) -> None:
    """What was left out, the kind of pictures and the lender must be as they were."""
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    write_photographs(photographs, {"tench": 2})

    with pytest.raises(WorkFolderTakenError, match="without is church, picasso, not church"):
        claim(replace(run, source=Drawings(("church",))))
    with pytest.raises(WorkFolderTakenError, match="source is drawings, not photographs"):
        claim(replace(run, source=Photographs(photographs)))
    with pytest.raises(WorkFolderTakenError, match="reuse is True, not False"):
        claim(replace(run, reuse=None))
