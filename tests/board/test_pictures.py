"""The pictures of a page."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from erasebench.board.entries import Entry
from erasebench.board.pictures import DIMMED, TILES, Gallery, gallery_of
from erasebench.errors import ResultError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.file import load_result
from erasebench.results.record import NOTHING, Record
from tests.board.example_run import Example, example_result
from tests.board.likeness import COMPRESSED, far


def test_tiles_of_a_strip_stand_above_the_base_s_from_the_same_seeds(
    run_folder: Path, tmp_path: Path
) -> None:
    """Each picture is painted with a colour of its own trial: both rows show the same trials."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    for folder in (run, run / "base"):
        for record in _records(folder):
            if record.picture is not None:
                _colour(record).save(folder / record.picture)

    gallery, files = _gallery(run)

    assert len(gallery.strips) == 2 * (4 + 7)
    for strip in gallery.strips:
        mine, bases = _decoded(files[strip.picture]), _decoded(files[strip.base_picture])
        assert mine.shape == (64, 64 * len(strip.tiles), 3)
        assert np.array_equal(mine, bases)
        assert len({tuple(mine[0, 64 * number]) for number in range(len(strip.tiles))}) == len(
            strip.tiles
        )


def test_verdicts_are_those_of_the_records(run_folder: Path, entry: Entry) -> None:
    """A tile's hit is the judge's verdict on that very picture, of the submission and the base."""
    mine = {_question(record): record.judge_top1 for record in _kept(run_folder)}
    bases = {_question(record): record.judge_top1 for record in _kept(run_folder / "base")}

    for strip in entry.gallery.strips:
        erased = NOTHING if strip.of_others else strip.erased
        for tile in strip.tiles:
            question = (strip.probe, tile.target, tile.prompt_index, tile.prompt, tile.setting)
            assert tile.hit is mine[strip.erased, *question]
            assert tile.base_hit is bases[erased, *question]


def test_every_probe_of_every_cell_is_shown(entry: Entry) -> None:
    """No probe is left out for its looks, and retention is shown as well."""
    shown = {(strip.erased, strip.probe) for strip in entry.gallery.strips if not strip.of_others}
    others = {strip.erased for strip in entry.gallery.strips if strip.of_others}

    assert shown == {
        (cell.erased, estimate.probe) for cell in entry.result.cells for estimate in cell.probes
    }
    assert others == {cell.erased for cell in entry.result.cells}


def test_where_the_base_has_no_such_probe_or_setting_its_plain_one_stands_beside(
    tmp_path: Path,
) -> None:
    """The base's encoder is swapped for itself, and it has one setting of what has two."""
    edited = Example(edited=("text_encoder",))
    example_result(edited, probes=("encoder_swap", "textual_inversion"), folder=tmp_path)

    gallery, _ = _gallery(tmp_path)

    assert {strip.probe: len(strip.tiles) for strip in gallery.strips} == {
        "encoder_swap": TILES,
        "textual_inversion": TILES,
    }
    (learned,) = [strip for strip in gallery.strips if strip.probe == "textual_inversion"]
    assert len({tile.setting for tile in learned.tiles}) == 2


def test_small_pictures_keep_their_size_and_look(run_folder: Path, entry: Entry) -> None:
    """The strip holds what was judged, as near as a compressed photograph is."""
    strip = entry.gallery.strips[0]
    path = run_folder / "images" / strip.erased / strip.probe / strip.erased / "000-00.png"

    assert strip.tile_size == 64
    shown = _decoded(entry.pictures[strip.picture])[:, :64]
    assert far(shown, np.asarray(Image.open(path))) < COMPRESSED


def test_what_the_judges_did_not_see_is_dimmed(run_folder: Path, entry: Entry) -> None:
    """A crop's verdict is on the bright square; the rest is there to be recognised by people."""
    (strip,) = [
        one
        for one in entry.gallery.strips
        if (one.erased, one.probe, one.of_others) == ("church", "inpainting_crop", False)
    ]
    path = run_folder / "images" / "church" / "inpainting_crop" / "church" / "000-00.png"
    drawn, shown = np.asarray(Image.open(path)), _decoded(entry.pictures[strip.picture])

    assert far(shown[16:48, 16:48], drawn[16:48, 16:48]) < COMPRESSED
    assert far(shown[:16, :64], drawn[:16] * DIMMED) < COMPRESSED
    assert far(shown[:16, :64], drawn[:16]) > 2 * COMPRESSED


def test_long_runs_are_thinned_at_even_distances(tmp_path: Path) -> None:
    """Of 24 prompt indices every third is shown, whatever was seen there."""
    example_result(Example(), probes=("standard_prompt",), folder=tmp_path)
    gallery, _ = _gallery(tmp_path)
    (strip,) = gallery.strips

    assert [tile.prompt_index for tile in strip.tiles] == [0, 3, 6, 9, 12, 15, 18, 21]
    assert len(strip.tiles) == TILES


def test_large_pictures_are_shrunk(tmp_path: Path) -> None:
    """Photographs of 512 pixels would make a page too heavy."""
    example_result(limit=2, probes=("standard_prompt",), folder=tmp_path)
    for path in tmp_path.rglob("*.png"):
        Image.open(path).resize((512, 512)).save(path)

    gallery, files = _gallery(tmp_path)

    (strip,) = gallery.strips
    assert strip.tile_size == 192
    assert _decoded(files[strip.picture]).shape == (192, 192 * 2, 3)


def test_run_without_pictures_has_none(run_folder: Path, tmp_path: Path) -> None:
    """`--images none` leaves nothing to show, which is no error."""
    run = tmp_path / "run"
    (run / "base").mkdir(parents=True)
    shutil.copy(run_folder / "result.json", run)
    for folder in ("", "base"):
        lines = (run_folder / folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
        bare = [json.dumps(json.loads(line) | {"picture": None}) for line in lines]
        (run / folder / "records.jsonl").write_text("\n".join(bare) + "\n", encoding="utf-8")

    gallery, files = _gallery(run)

    assert gallery.strips == ()
    assert files == {}


def test_missing_picture_is_named(run_folder: Path, tmp_path: Path) -> None:
    """A missing image that the records name is not skipped silently."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    gone = run / "images" / "church" / "standard_prompt" / "church" / "001-00.png"
    gone.unlink()

    with pytest.raises(ResultError, match=r"001-00\.png: The records name this image"):
        _gallery(run)


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_broken_picture_is_named(run_folder: Path, tmp_path: Path, content: bytes | None) -> None:
    """Empty, something else, or torn: one line that names the file."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    broken = run / "images" / "church" / "standard_prompt" / "church" / "001-00.png"
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2] if content is None else content)

    with pytest.raises(ResultError, match=r"001-00\.png: It is not a complete PNG image"):
        _gallery(run)


def test_pictures_of_several_sizes_are_refused(run_folder: Path, tmp_path: Path) -> None:
    """They cannot stand side by side."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    path = run / "images" / "church" / "standard_prompt" / "church" / "001-00.png"
    Image.new("RGB", (32, 32)).save(path)

    with pytest.raises(ResultError, match="not squares of one size"):
        _gallery(run)


@pytest.mark.parametrize("path", ["/etc/secret.png", "../../secret.png", "images/../../secret.png"])
@pytest.mark.parametrize("folder", ["", "base"])
def test_record_cannot_lead_to_a_picture_elsewhere(
    run_folder: Path, tmp_path: Path, folder: str, path: str
) -> None:
    """Only what lies below the run's folder is shown."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    _edit_records(run / folder, lambda record: record | {"picture": path})

    with pytest.raises(ResultError, match="it must be a path below the folder"):
        _gallery(run)


@pytest.mark.parametrize(
    ("field", "value"), [("probe", "noize"), ("erased", "tench"), ("target", "chruch")]
)
def test_record_of_something_else_is_named(
    run_folder: Path, tmp_path: Path, field: str, value: str
) -> None:
    """Records of what the result is not of are no raw error."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    _edit_records(run, lambda record: record | {"trial": record["trial"] | {field: value}})

    with pytest.raises(ResultError, match=rf"trial\.{field} is wrong: '{value}' is none of"):
        _gallery(run)


@pytest.mark.parametrize("line", [b'{"trial":', b'{"prompt": "\xce"}'])
def test_damaged_record_is_named(run_folder: Path, tmp_path: Path, line: bytes) -> None:
    """An invalid line is named by its number; a torn last line is ignored."""
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    with (run / "records.jsonl").open("ab") as file:
        file.write(line)
    assert _gallery(run) == _gallery(run_folder)
    with (run / "records.jsonl").open("ab") as file:
        file.write(b"\n")
    count = len(_records(run_folder))

    with pytest.raises(ResultError, match=f"Line {count + 1} is not a valid record"):
        _gallery(run)


def _edit_records(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = folder / "records.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [json.dumps(change(json.loads(line))) for line in lines]
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")


def _gallery(run: Path) -> tuple[Gallery, dict[str, bytes]]:
    return gallery_of(run, load_result(run / "result.json"), PICTOGRAM_V1.centre)


def _records(folder: Path) -> list[Record]:
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return [Record.model_validate_json(line) for line in lines]


def _kept(folder: Path) -> list[Record]:
    return [record for record in _records(folder) if record.picture is not None]


def _question(record: Record) -> tuple[str, str, str, int, str, str]:
    trial = record.trial
    return (
        trial.erased,
        trial.probe,
        trial.target,
        trial.prompt_index,
        record.prompt,
        record.setting,
    )


def _colour(record: Record) -> Image.Image:
    """A colour of the trial's seeds, which submission and base share."""
    trial = record.trial
    seeds = f"{trial.probe} {trial.target} {trial.prompt_index} {trial.variant}"
    return Image.new("RGB", (64, 64), tuple(hashlib.sha256(seeds.encode()).digest()[:3]))


def _decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
