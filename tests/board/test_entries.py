"""What a site finds in folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from erasebench.board.build import build_site
from erasebench.board.entries import Entry, read_entries
from erasebench.board.gallery import Gallery
from erasebench.errors import ResultError
from erasebench.results.file import write_result
from tests.board.example_run import Example, example_result


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
    assert read_entries([leaderboard]) == (entry,)


def test_result_without_pictures_is_shown_without(run_folder: Path, tmp_path: Path) -> None:
    """A result file alone is enough for a row."""
    (tmp_path / "pictogram-v1").mkdir()
    shutil.copy(run_folder / "result.json", tmp_path / "pictogram-v1" / "esd_x_church.json")
    (entry,) = read_entries([tmp_path])

    assert entry.gallery == Gallery(strips=())
    assert entry.pictures == {}


def test_empty_leaderboard_has_no_entries(tmp_path: Path) -> None:
    """Before the first submission there is a board all the same."""
    assert read_entries([tmp_path]) == ()


def test_two_results_of_one_name_are_refused(run_folder: Path, leaderboard: Path) -> None:
    """One would overwrite the other's page."""
    with pytest.raises(ResultError, match="Its name, esd_x_church, is that of"):
        read_entries([run_folder, leaderboard])


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
    (entry,) = read_entries([tmp_path])

    assert entry.place == place


def test_gallery_cannot_name_files_elsewhere(leaderboard: Path) -> None:
    """A picture is a file beside its list, and nothing else that the builder could read."""
    path = leaderboard / "pictogram-v1" / "esd_x_church" / "pictures.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["strips"][0]["picture"] = "../../secret.webp"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ResultError, match=r"Field strips\.0\.picture is wrong"):
        read_entries([leaderboard])


def test_missing_picture_is_named(leaderboard: Path) -> None:
    """A leaderboard that lost a file says which."""
    gone = next((leaderboard / "pictogram-v1" / "esd_x_church").glob("*.webp"))
    gone.unlink()

    with pytest.raises(ResultError, match=f"{gone.name}: There is no such file"):
        read_entries([leaderboard])
