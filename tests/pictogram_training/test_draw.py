"""The drawn training set."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.format import open_memmap

from erasebench.errors import RunFolderError
from erasebench.pictogram.drawings import Drawings
from pictogram_training.draw import draw, read_drawn
from pictogram_training.run import Run, WorkFolderTakenError
from tests.pictogram_training.conftest import TINY


def test_rows_are_the_source_s_first_examples(finished: Run) -> None:
    """Row i holds picture, caption, thing and style of example i, across chunks."""
    drawn = read_drawn(finished.folder("draw"))

    assert len(drawn) == TINY.draw.count
    for index in (0, 19, 20, 47):
        example = finished.source.example(index)
        assert np.array_equal(drawn.pictures[index], example.picture)
        assert drawn.captions[index] == example.caption
        assert (drawn.things[index], drawn.styles[index]) == (example.thing, example.style)


def test_drawing_goes_on_with_the_missing_chunk(finished: Run, tmp_path: Path) -> None:
    """What lacks its list is drawn anew; what has one is left alone, even where it is wrong."""
    run = Run(tmp_path, Drawings())
    shutil.copytree(finished.folder("draw"), run.folder("draw"))
    (run.folder("draw") / "examples.json").unlink()
    (run.folder("draw") / "chunks" / "00000020.json").unlink()
    pictures = open_memmap(run.folder("draw") / "pictures.npy", "r+")
    pictures[0], pictures[20] = 0, 0
    pictures.flush()

    drawn = draw(run, TINY.draw)

    whole = read_drawn(finished.folder("draw"))
    assert not drawn.pictures[0].any()
    assert np.array_equal(whole.pictures[1:], drawn.pictures[1:])
    assert whole.captions == drawn.captions


def test_another_number_of_pictures_is_refused(finished: Run) -> None:
    """A set that is there is not taken for a larger one, and the message tells both."""
    with pytest.raises(RunFolderError, match=r"\(48, .*\(49, "):
        draw(finished, replace(TINY.draw, count=49))


def test_drawings_of_another_run_are_refused(finished: Run) -> None:
    """A world that lacks something never gets the pictures of one that holds it."""
    ignorant = replace(finished, source=Drawings(("church",)))

    with pytest.raises(WorkFolderTakenError, match="without is nothing, not church"):
        draw(ignorant, TINY.draw)
