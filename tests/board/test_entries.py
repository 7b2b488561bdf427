"""What a site finds in folders."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from erasebench.board.entries import Entry, read_entries
from erasebench.board.find_results import find_results
from erasebench.board.pages.build import build_site
from erasebench.board.pictures import Gallery
from erasebench.errors import ResultError
from erasebench.protocol import PROTOCOLS
from erasebench.results.file import write_result
from tests.board.example_run import Example, example_result

_FILE = io.BytesIO()
Image.new("RGB", (64, 64)).save(_FILE, format="png")
PNG = _FILE.getvalue()
"""A picture, but no WebP."""


@pytest.fixture
def leaderboard(run_folder: Path, tmp_path: Path) -> Path:
    """A leaderboard with one submission: a site's own files have its form."""
    site = tmp_path / "site"
    build_site([run_folder], site)
    leaderboard = tmp_path / "leaderboard"
    shutil.copytree(site / "pictogram-v1", leaderboard / "pictogram-v1")
    return leaderboard


def test_leaderboard_and_run_show_the_same(leaderboard: Path, entry: Entry) -> None:
    """What a local run shows is what the board will show of it."""
    assert _read(leaderboard) == (entry,)


def test_result_without_pictures_is_shown_without(run_folder: Path, tmp_path: Path) -> None:
    """A result file alone is enough for a row."""
    (tmp_path / "pictogram-v1").mkdir()
    shutil.copy(run_folder / "result.json", tmp_path / "pictogram-v1" / "esd_x_church.json")
    (entry,) = _read(tmp_path)

    assert entry.gallery == Gallery(strips=())
    assert entry.pictures == {}


def test_two_results_of_one_name_are_refused(run_folder: Path, leaderboard: Path) -> None:
    """One would overwrite the other's page."""
    with pytest.raises(ResultError, match="has the same name, esd_x_church"):
        _read(run_folder, leaderboard)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("esd_x_church", "pictogram-v1/esd_x_church"),
        ("org/name v1.2", "pictogram-v1/org-name-v1-2"),
        ("../../etc/passwd", "pictogram-v1/etc-passwd"),
        ("<script>", "pictogram-v1/script"),
        ("…", "pictogram-v1/unnamed"),
    ],
)
def test_name_cannot_lead_out_of_the_site(tmp_path: Path, name: str, place: str) -> None:
    """Paths are made of letters, digits, hyphens and underscores, whatever a row is called."""
    result = example_result(Example(name=name), limit=1, probes=("standard_prompt",))
    write_result(tmp_path / "result.json", result)
    (entry,) = _read(tmp_path)

    assert entry.place == place


def test_gallery_cannot_name_files_elsewhere(leaderboard: Path) -> None:
    """An image is a file in the folder of its list, and no other file of the machine."""
    path = leaderboard / "pictogram-v1" / "esd_x_church" / "pictures.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["strips"][0]["picture"] = "../../secret.webp"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match=r"Field strips\.0\.picture is wrong"):
        _read(leaderboard)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("strips.0.erased", "chruch"),
        ("strips.0.probe", "noize"),
        ("strips.0.tiles.1.target", "chruch"),
    ],
)
def test_gallery_cannot_name_what_there_is_not(leaderboard: Path, place: str, value: str) -> None:
    """An unknown concept or probe is one line, which leads to the field."""
    path = leaderboard / "pictogram-v1" / "esd_x_church" / "pictures.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    *way, last = (int(part) if part.isdigit() else part for part in place.split("."))
    node = content
    for part in way:
        node = node[part]
    node[last] = value
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match=f"Field {place} is wrong: '{value}' is none of"):
        _read(leaderboard)


@pytest.mark.parametrize("content", [b"", b"<html><script>alert(1)</script>", PNG])
def test_leaderboard_s_pictures_are_webp(leaderboard: Path, content: bytes) -> None:
    """Whatever else comes in under that name is not served."""
    path = next((leaderboard / "pictogram-v1" / "esd_x_church").glob("*.webp"))
    path.write_bytes(content)

    with pytest.raises(ResultError, match=f"{path.name}: It is not a WebP image"):
        _read(leaderboard)


def test_torn_webp_is_refused(leaderboard: Path) -> None:
    """A picture of which only the head is there does not open."""
    path = next((leaderboard / "pictogram-v1" / "esd_x_church").glob("*.webp"))
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(ResultError, match=f"{path.name}: It is not a WebP image"):
        _read(leaderboard)


def test_pictures_have_the_size_that_their_list_says(leaderboard: Path) -> None:
    """Pages reserve that room for them."""
    path = next((leaderboard / "pictogram-v1" / "esd_x_church").glob("*.webp"))
    Image.new("RGB", (640, 640)).save(path)

    with pytest.raises(ResultError, match=r"It has 640 × 640 pixels; its strip has \d+ × 64"):
        _read(leaderboard)


def test_figures_of_a_leaderboard_are_counted_again(leaderboard: Path) -> None:
    """A better figure cannot be written into the file by hand."""
    path = leaderboard / "pictogram-v1" / "esd_x_church.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    rate = content["cells"][0]["probes"][0]["rate"]
    rate["high"] += 0.01
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match=r"probes\.0\.rate\.high is .* file was edited"):
        _read(leaderboard)


def test_submission_may_be_called_result(tmp_path: Path) -> None:
    """In a leaderboard it is no run's result."""
    result = example_result(Example(name="result"), limit=1, probes=("standard_prompt",))
    write_result(tmp_path / "pictogram-v1" / "result.json", result)
    (tmp_path / "pictogram-v1" / "records.jsonl").write_text("no record", encoding="utf-8")
    (entry,) = _read(tmp_path)

    assert entry.place == "pictogram-v1/result"


def test_missing_picture_is_named(leaderboard: Path) -> None:
    """A leaderboard that lost a file says which."""
    gone = next((leaderboard / "pictogram-v1" / "esd_x_church").glob("*.webp"))
    gone.unlink()

    with pytest.raises(ResultError, match=f"{gone.name}: It cannot be read"):
        _read(leaderboard)


def _read(*folders: Path) -> tuple[Entry, ...]:
    return read_entries(find_results(folders, PROTOCOLS).results)
