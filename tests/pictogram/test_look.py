"""The first look at an evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from erasebench.errors import ResultError, RunFolderError, UnknownNameError
from erasebench.pictogram.look import INDICES, ROWS, look
from erasebench.results.record import Trial
from tests.evaluation.example_records import example_record


def write_run(run: Path, concepts: tuple[str, ...], indices: range = range(24)) -> None:
    """Writes records and pictures; a picture's colour is its row, prompt index and concept."""
    lines: dict[Path, list[str]] = {run: [], run / "base": []}
    for row, (model, probe) in enumerate(ROWS):
        for number, concept in enumerate(concepts):
            for index in indices:
                trial = Trial(
                    erased=concept, probe=probe, target=concept, prompt_index=index, variant=0
                )
                name = f"{row}-{concept}-{index}.png"
                folder = run / model
                folder.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (6, 6), (row, index, number)).save(folder / name)
                lines[folder].append(
                    example_record(trial, seeds=None, picture=name).model_dump_json()
                )
    for folder, records in lines.items():
        text = "".join(f"{record}\n" for record in records)
        (folder / "records.jsonl").write_text(text, encoding="utf-8")


def test_each_picture_is_in_its_place(tmp_path: Path) -> None:
    """Rows are models and probes, columns every third prompt index; pixels are doubled."""
    write_run(tmp_path, ("church",))

    sheet = look(tmp_path, None)

    pitch = 2 * (6 + 4)
    assert sheet.shape == (len(ROWS) * pitch - 8, len(INDICES) * pitch - 8, 3)
    for row in range(len(ROWS)):
        for column, index in enumerate(INDICES):
            top, left = row * pitch, column * pitch
            assert (sheet[top : top + 12, left : left + 12] == (row, index, 0)).all()
    assert (sheet[12:20] == 255).all()
    assert INDICES == (0, 3, 6, 9, 12, 15, 18, 21)


def test_one_of_several_concepts_must_be_named(tmp_path: Path) -> None:
    """None is shown because it happens to come first."""
    write_run(tmp_path, ("church", "tench"))

    with pytest.raises(RunFolderError, match="choose one with --concept: church, tench"):
        look(tmp_path, None)
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        look(tmp_path, "chruch")
    assert np.array_equal(look(tmp_path, "tench")[0, 0], (0, 0, 1))


def test_missing_pictures_are_named(tmp_path: Path) -> None:
    """A run of few prompts is refused, with the probe and the indices that it lacks."""
    write_run(tmp_path, ("church",), range(19))

    with pytest.raises(RunFolderError, match=r"church by standard_prompt .*indices 21\. "):
        look(tmp_path, None)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    """A folder without records, or with other lines, is no evaluation."""
    with pytest.raises(RunFolderError, match="has no records"):
        look(tmp_path, None)
    (tmp_path / "records.jsonl").write_text("{}\n")
    with pytest.raises(ResultError, match="Line 1 is not a valid record"):
        look(tmp_path, None)
