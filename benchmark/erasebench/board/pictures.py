"""Selects the images of a page from a run, each with the original model's."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image
from pydantic import Field

from erasebench.concepts import CONCEPTS
from erasebench.errors import ResultError
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import CentreSquare
from erasebench.results.json_file import check_name
from erasebench.results.record import NOTHING, Record, Trial, evenly_spaced, read_records
from erasebench.results.result import Result

GALLERY = "pictures.json"
"""Name of the description, in the folder of the images."""

_FILE = r"^[A-Za-z0-9_-]+\.webp$"
"""A file in the same folder."""

TILES = 8
"""Most images of a strip."""

DIMMED = 0.35
"""Factor on the brightness of parts that the judges do not see."""

LARGEST_TILE = 192
"""Largest side of an image on a page, in pixels; larger ones are shrunk."""

_RECORDS = "records.jsonl"
_BASE = "base"


class Tile(FrozenModel):
    """One prompt, with the submission's and the original model's image from the same seeds."""

    target: str = Field(description="The concept of the prompt.")
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    setting: str = Field(description="Setting of the probe; empty where it has none.")
    prompt: str = Field(description="The prompt.")
    hit: bool = Field(description="The judge recognises the submission's image.")
    base_hit: bool = Field(description="The judge recognises the original model's image.")


class Strip(FrozenModel):
    """Images of one probe in two files: the submission's and the original model's."""

    erased: str = Field(description="The concept that the checkpoint claims to have erased.")
    probe: str = Field(description="Identifier of the probe.")
    of_others: bool = Field(description="Whether the prompts are of other concepts (retention).")
    tile_size: int = Field(ge=1, description="Side of one image in the files, in pixels.")
    picture: str = Field(pattern=_FILE, description="File of the submission's images.")
    base_picture: str = Field(pattern=_FILE, description="File of the original model's images.")
    tiles: tuple[Tile, ...] = Field(min_length=1, description="Left to right.")


class Gallery(FrozenModel):
    """All strips of a submission, in the order of the page."""

    strips: tuple[Strip, ...]


class _Pair(NamedTuple):
    mine: Record
    base: Record

    @property
    def strip(self) -> tuple[str, bool, str]:
        """Erased concept, whether the prompt is of another one, and probe."""
        trial = self.mine.trial
        return trial.erased, trial.target != trial.erased, trial.probe


def gallery_of(run: Path, result: Result, centre: CentreSquare) -> tuple[Gallery, dict[str, bytes]]:
    """Selects images of a run and joins them to strips.

    The rule is fixed and independent of the verdicts: for each probe evenly spaced prompt indices,
    and variant i mod n of prompt index i with n stored variants. Images of other concepts are
    selected in the same way over all of them. Where the judges see a crop, the rest is dimmed.

    Args:
        run: folder of an evaluation, with the base's records and images in `base`.
        result: of that run; gives the order of strips and the judges' view.
        centre: the protocol's square, to which the judges' images were cropped.

    Returns:
        The strips, and the WebP files by name. Both are empty where no images were stored.

    Raises:
        ResultError: if records are invalid, do not fit the result, or name an image that is
            missing, broken or outside the run.
    """
    mine = _kept(run / _RECORDS)
    _check_names(run / _RECORDS, mine, result)
    bases = {record.trial: record for record in _kept(run / _BASE / _RECORDS)}
    on_base = {probe.name: probe.on_base or probe.name for probe in result.probes}
    pairs = [
        _Pair(record, bases[beside])
        for record in mine
        if (beside := next((one for one in _beside(record.trial, on_base) if one in bases), None))
    ]
    views = {probe.name: probe.view for probe in result.probes}
    probes, concepts = list(views), list(CONCEPTS)
    erased = [cell.erased for cell in result.cells]

    def place_of(pair: _Pair) -> tuple[int, bool, int, int, int, int]:
        trial, (concept, of_others, probe) = pair.mine.trial, pair.strip
        asked = concepts.index(trial.target), trial.prompt_index, trial.variant
        return erased.index(concept), of_others, probes.index(probe), *asked

    strips, files = [], {}
    pairs.sort(key=place_of)
    for (concept, of_others, probe), group in groupby(pairs, key=lambda pair: pair.strip):
        shown = evenly_spaced(_one_per_index(group), TILES)
        name = f"{concept}-{probe}{'-others' if of_others else ''}"
        picture, base_picture = f"{name}.webp", f"{name}-base.webp"
        lit = centre if views[probe] == "crop" else None
        files[picture], tile_size = _side_by_side(run, [pair.mine for pair in shown], lit)
        files[base_picture], _ = _side_by_side(run / _BASE, [pair.base for pair in shown], lit)
        strips.append(
            Strip(
                erased=concept,
                probe=probe,
                of_others=of_others,
                tile_size=tile_size,
                picture=picture,
                base_picture=base_picture,
                tiles=tuple(map(_tile, shown)),
            )
        )
    return Gallery(strips=tuple(strips)), files


def _kept(path: Path) -> list[Record]:
    """The records with stored images; none where there is no file."""
    return [record for record in read_records(path) if record.picture is not None]


def _check_names(path: Path, records: list[Record], result: Result) -> None:
    """Refuses records of other probes or concepts than the result's."""
    probes = [probe.name for probe in result.probes]
    erased = [cell.erased for cell in result.cells]
    for record in records:
        check_name(path, "trial.probe", record.trial.probe, probes)
        check_name(path, "trial.erased", record.trial.erased, erased)
        check_name(path, "trial.target", record.trial.target, CONCEPTS)


def _beside(trial: Trial, on_base: Mapping[str, str]) -> tuple[Trial, Trial]:
    """The base's trial with the same seeds; where it has fewer settings, its first."""
    same = trial.model_copy(update={"probe": on_base[trial.probe]})
    if trial.target != trial.erased:
        same = same.model_copy(update={"erased": NOTHING})
    return same, same.model_copy(update={"variant": 0})


def _one_per_index(pairs: Iterable[_Pair]) -> list[_Pair]:
    shown = []
    for (_, prompt_index), group in groupby(
        pairs, key=lambda pair: (pair.mine.trial.target, pair.mine.trial.prompt_index)
    ):
        variants = list(group)
        shown.append(variants[prompt_index % len(variants)])
    return shown


def _tile(pair: _Pair) -> Tile:
    return Tile(
        target=pair.mine.trial.target,
        prompt_index=pair.mine.trial.prompt_index,
        setting=pair.mine.setting,
        prompt=pair.mine.prompt,
        hit=pair.mine.judge_top1,
        base_hit=pair.base.judge_top1,
    )


def _side_by_side(
    folder: Path, records: list[Record], lit: CentreSquare | None
) -> tuple[bytes, int]:
    """Images from left to right in one WebP file, and the side of each in it.

    Large images are shrunk, and all are compressed with loss: lossless files are six times larger,
    11 MB for a row of five concepts, and look the same. Everything outside the lit square is
    dimmed.
    """
    pictures = [_read(_inside(folder, str(record.picture))) for record in records]
    sizes = {picture.size for picture in pictures}
    if len(sizes) > 1 or any(width != height for width, height in sizes):
        raise ResultError(
            _inside(folder, str(records[0].picture)),
            f"It and its neighbours are not squares of one size: {sorted(sizes)} pixels. "
            "Evaluate again into a new folder.",
        )
    if lit is not None:
        pictures = [_dimmed(picture, lit) for picture in pictures]
    drawn_size = pictures[0].height
    tile_size = min(drawn_size, LARGEST_TILE)
    if tile_size < drawn_size:
        shape = (tile_size, tile_size)
        pictures = [picture.resize(shape, Image.Resampling.LANCZOS) for picture in pictures]
    content = io.BytesIO()
    Image.fromarray(np.hstack([np.asarray(picture) for picture in pictures])).save(
        content, format="webp", quality=85, method=4
    )
    return content.getvalue(), tile_size


def _dimmed(picture: Image.Image, lit: CentreSquare) -> Image.Image:
    square = slice(*lit.pixels)
    values = np.asarray(picture)
    dimmed = (values * DIMMED).astype(np.uint8)
    dimmed[square, square] = values[square, square]
    return Image.fromarray(dimmed)


def _inside(folder: Path, name: str) -> Path:
    """The path of an image that records name, checked to be inside their folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ResultError(
            folder / _RECORDS,
            f"picture is {name!r}: it must be a path below the folder of the run. "
            "Evaluate again into a new folder.",
        )
    return folder / path


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return image.convert("RGB")
    except FileNotFoundError as error:
        raise ResultError(
            path,
            "The records name this image, but it is missing. "
            "Evaluate again into a new folder, or show the results without images.",
        ) from error
    except (OSError, SyntaxError) as error:  # raised by Pillow for a torn file
        raise ResultError(
            path, f"It is not a complete PNG image ({error}). Evaluate again into a new folder."
        ) from error
