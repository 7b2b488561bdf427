"""Photographs as a source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from erasebench.pictogram.source import HELD_OUT, PictureSource
from pictogram_training.photographs import NoPhotographsError, Photographs


def write_photographs(folder: Path, counts: dict[str, int]) -> None:
    """Writes wide photographs, each of one grey that tells it apart."""
    for label, count in counts.items():
        (folder / label).mkdir()
        for number in range(count):
            shade = (10 * number + 5,) * 3
            Image.new("RGB", (90, 70), shade).save(folder / label / f"{number:02d}.png")


def test_same_index_same_example(tmp_path: Path) -> None:
    """An index gives the same photograph and caption each time; things come from folder names."""
    write_photographs(tmp_path, {"golf_ball": 4, "old_oak": 4})
    source = Photographs(tmp_path)

    first, again = source.example(5), source.example(5)

    assert isinstance(source, PictureSource)
    assert source.things == ("golf_ball", "old_oak")
    assert (first.caption, first.thing, first.style) == (again.caption, again.thing, None)
    assert np.array_equal(first.picture, again.picture)
    assert first.picture.shape == (64, 64, 3)
    assert first.picture.dtype == np.uint8


def test_captions_are_true_and_among_those_listed(tmp_path: Path) -> None:
    """Every caption names its thing in words, concepts by their label."""
    write_photographs(tmp_path, {"french_horn": 2, "old_oak": 2})
    source = Photographs(tmp_path)
    words = {"french_horn": "French horn", "old_oak": "old oak"}

    examples = [source.example(index) for index in range(30)]

    assert {e.caption for e in examples} == set(source.captions())
    assert all(e.caption.endswith(f" of a {words[e.thing]}") for e in examples)


def test_held_out_photographs_are_never_trained_on(tmp_path: Path) -> None:
    """Indices from HELD_OUT on and those below it share no photograph."""
    write_photographs(tmp_path, {"church": 12})
    source = Photographs(tmp_path)

    trained, held_out = (
        {int(source.example(first + index).picture[0, 0, 0]) for index in range(120)}
        for first in (0, HELD_OUT)
    )

    assert held_out == {5, 105}
    assert trained == {10 * number + 5 for number in range(12)} - held_out


def test_middle_square_is_kept(tmp_path: Path) -> None:
    """A wide photograph loses its sides, not its middle, and is not squeezed."""
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = 200
    (tmp_path / "church").mkdir()
    for name in ("a.PNG", "b.png"):
        Image.fromarray(pixels).save(tmp_path / "church" / name)

    picture = Photographs(tmp_path).example(0).picture

    assert (picture == 200).all()


def test_left_out_labels_are_gone(tmp_path: Path) -> None:
    """A label left out has no example and no caption."""
    write_photographs(tmp_path, {"church": 2, "tench": 2})

    source = Photographs(tmp_path, ("tench",))

    assert {source.example(index).thing for index in range(20)} == {"church"}
    assert not any("tench" in caption for caption in source.captions())


@pytest.mark.parametrize("counts", [{}, {"church": 1}])
def test_too_few_photographs_are_refused(tmp_path: Path, counts: dict[str, int]) -> None:
    """A folder without labels, or a label that cannot be split, is named in the error."""
    write_photographs(tmp_path, counts)

    with pytest.raises(NoPhotographsError, match=str(tmp_path)):
        Photographs(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A misspelt folder is named, and so is what may be given."""
    with pytest.raises(NoPhotographsError, match="nowhere is not a folder; use `draw"):
        Photographs(tmp_path / "nowhere")


@pytest.mark.data
def test_real_photographs_open(photographs: Path) -> None:
    """A folder of photographs as a camera made them serves as it is."""
    source = Photographs(photographs)

    assert source.things == tuple(sorted(f.name for f in photographs.iterdir() if f.is_dir()))
    assert source.example(0).picture.std() > 5
