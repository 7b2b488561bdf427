"""Makes the picture of each probe's page: what three models answer, prompt index by prompt index.

    erasebench evaluate submissions/examples/esd_x_church.safetensors --output RUN
    python benchmark/figures/probes.py RUN RETRAIN -o site/static/probes

RETRAIN is the folder of a run of the model that never knew the concept; that of
`erasebench reference build` is one. Rows from above: the unedited base, the checkpoint, retrain.
Columns are prompt indices at even distances, and of a probe with settings each shows another, the
same of all three: none is picked for its looks.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import click
import numpy as np
from PIL import Image

from erasebench.evaluation.images import Picture, load_picture
from erasebench.results.file import load_result
from erasebench.results.trial import Record

COLUMNS = 8
SIDE = 128
GAP = 4
WHITE = 255
QUALITY = 88


def pictures_of(folder: Path, concept: str) -> dict[str, dict[int, Picture]]:
    """The kept pictures of a run that ask for a concept: probe → prompt index → uint8 (H, W, 3)."""
    found: defaultdict[str, dict[int, Picture]] = defaultdict(dict)
    for line in (folder / "records.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        record = Record.model_validate_json(line)
        trial = record.trial
        if record.picture is not None and trial.erased == trial.target == concept:
            found[trial.probe][trial.prompt_index] = load_picture(folder / record.picture)
    return found


def sheet(rows: list[list[Picture]]) -> Image.Image:
    """Pictures in a grid, enlarged."""
    step = SIDE + GAP
    grid = np.full((len(rows) * step - GAP, COLUMNS * step - GAP, 3), WHITE, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            large = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
            grid[y * step : y * step + SIDE, x * step : x * step + SIDE] = np.asarray(large)
    return Image.fromarray(grid)


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
@click.argument("retrain", type=click.Path(path_type=Path, exists=True))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def main(run: Path, retrain: Path, output: Path) -> None:
    """Make a picture of every probe of RUN, with RETRAIN beside it."""
    (cell,) = load_result(run / "result.json").cells
    base, own, floor = (pictures_of(folder, cell.erased) for folder in (run / "base", run, retrain))
    output.mkdir(parents=True, exist_ok=True)
    for probe in own:
        models = [base.get(probe, {}), own[probe], floor.get(probe, {})]
        shared = sorted(set.intersection(*(set(one) for one in models if one)))
        columns = [shared[at * len(shared) // COLUMNS] for at in range(COLUMNS)]
        rows = [[one[index] for index in columns] for one in models if one]
        path = output / f"{probe}.webp"
        sheet(rows).save(path, quality=QUALITY, method=6)
        click.echo(f"{path}: {len(rows)} rows")


if __name__ == "__main__":
    main()
