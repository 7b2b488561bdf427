"""A first look at an evaluation: the same starts by the base and by the erased model."""

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
"""Which model, by its folder inside the run's, is shown under which probe, from top to bottom."""

INDICES = tuple(range(0, 24, 3))
"""The prompt indices shown: every third, so that nothing is picked for its looks."""

_GAP = 4
_SCALE = 2


def look(run: Path, concept: str | None) -> Pictures:
    """The look at one concept of a run.

    Args:
        run: an evaluation's folder.
        concept: an erased concept of the run; None where it has but one.

    Returns:
        uint8 (height, width, 3), each pixel drawn twice as wide and as high.

    Raises:
        RunFolderError: if the folder holds no records, several concepts where none was named, or
            not every picture that is shown.
        ResultError: if a record is damaged.
        UnknownNameError: if the run did not evaluate the concept.
    """
    erased = tuple(dict.fromkeys(record.trial.erased for record in _records(run)))
    if concept is None and len(erased) > 1:
        raise RunFolderError(
            run, f"It holds {len(erased)} concepts; give --concept one of: {', '.join(erased)}."
        )
    if concept is not None and concept not in erased:
        raise UnknownNameError("concept of this run", concept, erased)
    shown = concept or erased[0]
    rows = [_row(run / model, probe, shown) for model, probe in ROWS]
    return grid(np.stack(rows), _GAP).repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)


def _row(folder: Path, probe: str, concept: str) -> Pictures:
    kept: dict[int, str] = {}
    for record in _records(folder):
        trial = record.trial
        if record.picture and (trial.erased, trial.target, trial.probe) == (
            concept,
            concept,
            probe,
        ):
            kept.setdefault(trial.prompt_index, record.picture)
    lacking = sorted(set(INDICES) - set(kept))
    if lacking:
        raise RunFolderError(
            folder,
            f"It holds no picture of {concept} under {probe} for the prompt indices "
            f"{', '.join(map(str, lacking))}. Evaluate that probe in full, with --images judged.",
        )
    return np.stack([_read(folder / kept[index]) for index in INDICES])


def _records(folder: Path) -> list[Record]:
    records = read_records(folder / "records.jsonl")
    if not records:
        raise RunFolderError(
            folder, "It holds no records. Give the folder that `erasebench evaluate` wrote."
        )
    return records


def _read(path: Path) -> Pictures:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
