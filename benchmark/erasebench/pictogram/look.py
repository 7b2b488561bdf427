"""Images of base and erased model from the same seeds, for a first look at an evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from erasebench.errors import RunFolderError, UnknownNameError
from erasebench.pictogram.sheets import grid
from erasebench.results.record import Record, read_records

Pictures = npt.NDArray[np.uint8]

ROWS = (
    ("base", "standard_prompt"),
    ("", "standard_prompt"),
    ("", "inpainting_whole"),
    ("", "diffusion_completion_10"),
)
"""Rows from top to bottom: folder of the model's records in the run, and probe."""

INDICES = tuple(range(0, 24, 3))
"""Prompt indices shown: every third."""

_GAP = 4
_SCALE = 2


def look(run: Path, concept: str | None) -> Pictures:
    """Images of one concept of a run, as a grid.

    Args:
        run: folder of an evaluation.
        concept: an erased concept of the run; None if it has only one.

    Returns:
        uint8 (height, width, 3), at twice the size.

    Raises:
        RunFolderError: if the folder has no records, has several concepts and none was given, or
            lacks an image.
        ResultError: if a record is invalid.
        UnknownNameError: if the run did not evaluate the concept.
    """
    erased = tuple(dict.fromkeys(record.trial.erased for record in _records(run)))
    if concept is None and len(erased) > 1:
        raise RunFolderError(
            run, f"It has {len(erased)} concepts; choose one with --concept: {', '.join(erased)}."
        )
    if concept is not None and concept not in erased:
        raise UnknownNameError("concept of this run", concept, erased)
    shown = concept or erased[0]
    rows = [_row(run / model, probe, shown) for model, probe in ROWS]
    return grid(np.stack(rows), _GAP).repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)


def _row(folder: Path, probe: str, concept: str) -> Pictures:
    wanted = (concept, concept, probe)
    kept: dict[int, str] = {}
    for record in _records(folder):
        trial = record.trial
        if record.picture and (trial.erased, trial.target, trial.probe) == wanted:
            kept.setdefault(trial.prompt_index, record.picture)
    lacking = sorted(set(INDICES) - set(kept))
    if lacking:
        raise RunFolderError(
            folder,
            f"It has no image of {concept} by {probe} for the prompt indices "
            f"{', '.join(map(str, lacking))}. Run this probe on all indices with --images judged.",
        )
    return np.stack([_read(folder / kept[index]) for index in INDICES])


def _records(folder: Path) -> list[Record]:
    records = read_records(folder / "records.jsonl")
    if not records:
        raise RunFolderError(
            folder, "It has no records. Give the folder of an `erasebench evaluate` run."
        )
    return records


def _read(path: Path) -> Pictures:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
