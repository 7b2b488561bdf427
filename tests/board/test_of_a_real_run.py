"""The site of what an evaluation really leaves behind."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from erasebench.board.entries import read_entries
from erasebench.board.pages.render import render_site, site_folder
from tests.board.likeness import far
from tests.evaluation.tiny_run import PROBES, make_tiny_world


def test_an_evaluation_s_folder_is_all_that_a_site_needs(tmp_path: Path) -> None:
    """Real sampling at toy size, through the whole way: a row, a page, and the drawn pixels."""
    (tmp_path / "world").mkdir()
    world = make_tiny_world(tmp_path / "world")
    result = world.evaluate(tmp_path / "runs", 64, limit=1)
    protocol = world.protocol
    (entry,) = read_entries([tmp_path / "runs" / "run" / "result.json"], {protocol.name: protocol})
    files = render_site([entry], site_folder())

    strip = entry.gallery.strips[0]
    question = f"{strip.erased}/{strip.probe}/{strip.tiles[0].target}"
    drawn = tmp_path / "runs" / "run" / "base" / "images" / question
    shown = Image.open(io.BytesIO(entry.pictures[strip.base_picture]))
    assert entry.result == result
    assert {one.probe for one in entry.gallery.strips} >= {*PROBES} - {"retention"}
    assert f"{entry.place}.html" in files
    # An untrained model draws noise, of which compression keeps the brightness alone.
    grey, drawn_grey = (
        np.asarray(picture.convert("L")) for picture in (shown, Image.open(drawn / "000-00.png"))
    )
    assert far(grey, drawn_grey) < far(grey, np.roll(drawn_grey, 1, axis=0)) / 2
