"""Makes the figures of the probes' pages: images of several models for the same prompt indices.

    erasebench evaluate submissions/examples/esd_x_church.safetensors --output RUN
    python benchmark/figures/probes.py RUN RETRAIN -o site/static/probes

RETRAIN is the folder of a run of the retrained model, from `erasebench reference build` or, for one
probe, from `erasebench evaluate benchmark/erasebench/pictogram/weights/retrain_a --concept church
--probe standard_prompt --probe PROBE --output RETRAIN`. Rows
from the top: base; checkpoint with the plain prompt; checkpoint with the probe; retrained model
with the probe. Columns are evenly spaced prompt indices. For a probe with settings each column
shows the setting that a fixed rule assigns to the index, the same for all models.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np
from PIL import Image

from erasebench.diffusion.picture_file import Picture, load_picture
from erasebench.results.file import load_result
from erasebench.results.record import NOTHING, Record, evenly_spaced
from erasebench.stats.anchors import PLAIN_PROMPT

COLUMNS = 8
SIDE = 128
GAP = 4
WHITE = 255
QUALITY = 85

Asked = tuple[str, int]
"""Target and prompt index."""


def pictures_of(folder: Path, erased: str) -> dict[str, dict[Asked, Picture]]:
    """Stored images of a run for an erased concept: probe → (target, index) → uint8 (H, W, 3).

    Of a probe that asks for the erased concept, only those that do.
    """
    found: defaultdict[str, dict[Asked, Picture]] = defaultdict(dict)
    for line in (folder / "records.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        record = Record.model_validate_json(line)
        trial = record.trial
        # Images of the base that all submissions share have no erased concept.
        if record.picture is not None and trial.erased in (erased, NOTHING):
            asked = trial.target, trial.prompt_index
            found[trial.probe][asked] = load_picture(folder / record.picture)
    own = {probe: {a: p for a, p in of.items() if a[0] == erased} for probe, of in found.items()}
    return {probe: own[probe] or of for probe, of in found.items()}


def sheet(rows: list[list[Picture]]) -> Image.Image:
    """Images in a grid, enlarged."""
    step = SIDE + GAP
    grid = np.full((len(rows) * step - GAP, len(rows[0]) * step - GAP, 3), WHITE, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            large = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            grid[y * step : y * step + SIDE, x * step : x * step + SIDE] = np.asarray(large)
    return Image.fromarray(grid)


def columns_of(models: list[Mapping[Asked, Picture]]) -> list[Asked]:
    """Evenly spaced targets and prompt indices that all models have."""
    return evenly_spaced(sorted(set.intersection(*map(set, models))), COLUMNS)


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("retrain", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--probe", "probes", multiple=True, help="Only this probe; repeatable.")
def main(run: Path, retrain: Path, output: Path, probes: tuple[str, ...]) -> None:
    """Make a figure of every probe of RUN, compared with RETRAIN."""
    result = load_result(run / "result.json")
    (cell,) = result.cells
    on_base = {probe.name: probe.on_base or probe.name for probe in result.probes}
    base, own, floor = (pictures_of(folder, cell.erased) for folder in (run / "base", run, retrain))
    output.mkdir(parents=True, exist_ok=True)
    for probe in probes or own:
        asked = [base.get(on_base[probe]), own[probe], floor.get(probe)]
        if probe != PLAIN_PROMPT and set(own[PLAIN_PROMPT]) >= set(own[probe]):
            asked.insert(1, own[PLAIN_PROMPT])
        models = [one for one in asked if one]
        columns = columns_of(models)
        path = output / f"{probe}.webp"
        pictures = [[one[column] for column in columns] for one in models]
        sheet(pictures).save(path, quality=QUALITY, method=6)
        click.echo(f"{path}: {len(models)} rows")


if __name__ == "__main__":
    main()
