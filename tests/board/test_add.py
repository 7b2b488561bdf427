"""Results on their way onto a leaderboard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from erasebench.board.add import Added, add_row
from erasebench.board.entries import read_entries
from erasebench.board.find_results import find_results
from erasebench.board.pages.build import build_site
from erasebench.errors import RequestError, ResultError
from erasebench.protocol import PROTOCOLS
from erasebench.results.file import load_result, write_result
from tests.board.example_run import Example, example_result

PROBES = ("standard_prompt", "noise", "retention")


def make_run(folder: Path, concept: str, *, limit: int = 2, **facts: object) -> Path:
    """The folder of a small run of one concept."""
    example = Example(name=f"esd_x_{concept}", concepts=(concept,), **facts)  # type: ignore[arg-type]
    folder.mkdir(parents=True)
    example_result(example, limit=limit, probes=PROBES, folder=folder)
    (folder / "run.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one submission's two checkpoints."""
    runs = tmp_path_factory.mktemp("runs")
    for concept in ("church", "golf_ball"):
        make_run(runs / concept, concept)
    return runs


def added(leaderboard: Path, *places: Path, **options: object) -> Added:
    """A row of small runs."""
    return add_row(places, leaderboard, partial=True, **options)  # type: ignore[arg-type]


def test_results_become_one_row_with_their_pictures(runs: Path, tmp_path: Path) -> None:
    """Named by what they share; read again it is whole, and its site shows every run's strips."""
    row = added(tmp_path, runs / "golf_ball", runs / "church" / "result.json")
    (entry,) = read_entries(find_results([tmp_path], PROTOCOLS).results)
    alone = read_entries([runs / name / "result.json" for name in ("church", "golf_ball")])

    assert row.path == tmp_path / "pictogram-v1" / "esd_x.json"
    assert load_result(row.path) == row.result == entry.result
    assert {cell.erased for cell in row.result.cells} == {"church", "golf_ball"}
    assert entry.pictures == dict(alone[0].pictures) | dict(alone[1].pictures)
    assert {strip.erased for strip in entry.gallery.strips} == {"church", "golf_ball"}
    build_site([tmp_path], tmp_path / "site")
    page = (tmp_path / "site" / "pictogram-v1" / "esd_x.html").read_text(encoding="utf-8")
    assert "2 checkpoints" in page
    assert "church.webp" not in page
    assert all(name in page for name in entry.pictures)


def test_the_same_runs_give_the_same_files(runs: Path, tmp_path: Path) -> None:
    """In whichever order they are named."""
    places = (runs / "church", runs / "golf_ball")
    one = added(tmp_path / "one", *places)
    other = added(tmp_path / "other", *reversed(places))

    assert one.path.read_bytes() == other.path.read_bytes()
    listed = [
        folder / "pictogram-v1" / "esd_x" / "pictures.json"
        for folder in (tmp_path / "one", tmp_path / "other")
    ]
    assert listed[0].read_bytes() == listed[1].read_bytes()


def test_one_result_is_a_row_like_any_other(runs: Path, tmp_path: Path) -> None:
    """It keeps its name."""
    row = added(tmp_path, runs / "church")

    assert row.path.name == "esd_x_church.json"
    assert row.result == load_result(runs / "church" / "result.json")


def test_a_folder_of_checkpoints_shows_all_their_pictures(runs: Path, tmp_path: Path) -> None:
    """As `evaluate` leaves it for a manifest: a result of all above the runs of each."""
    shutil.copytree(runs, tmp_path / "mine" / "checkpoints")
    row = added(tmp_path / "board", runs / "church", runs / "golf_ball")
    write_result(tmp_path / "mine" / "result.json", row.result)
    (entry,) = read_entries(find_results([tmp_path / "mine"], PROTOCOLS).results)
    (board,) = read_entries(find_results([tmp_path / "board"], PROTOCOLS).results)

    assert entry == board
    assert added(tmp_path / "again", tmp_path / "mine").path.read_bytes() == row.path.read_bytes()


def test_a_submission_that_has_not_ended_is_said(runs: Path, tmp_path: Path) -> None:
    """Its checkpoints' runs are there, and no result of all."""
    shutil.copytree(runs / "church", tmp_path / "mine" / "checkpoints" / "church")
    with pytest.raises(ResultError, match="mine: This run is not finished"):
        find_results([tmp_path], PROTOCOLS)
    shutil.copytree(runs / "golf_ball", tmp_path / "golf_ball")

    assert find_results([tmp_path], PROTOCOLS).unended == (tmp_path / "mine",)


def test_a_partial_row_is_added_on_demand_only(runs: Path, tmp_path: Path) -> None:
    """What is missing is said."""
    with pytest.raises(RequestError, match=r"'esd_x_church' is partial: limit 2; probes named"):
        add_row([runs / "church"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_incomplete_cell_makes_a_row_partial(runs: Path, tmp_path: Path) -> None:
    """A file that calls itself whole and lacks probes does not slip in."""
    result = load_result(runs / "church" / "result.json")
    write_result(tmp_path / "a.json", result.model_copy(update={"partial": None}))

    with pytest.raises(RequestError, match="a ranked probe or retention is missing for church"):
        add_row([tmp_path / "a.json"], tmp_path / "board")


def test_results_without_a_common_name_ask_for_one(tmp_path: Path) -> None:
    """Nobody would find a row that is called after one of its concepts."""
    for name, concept in (("mine_church", "church"), ("other_golf_ball", "golf_ball")):
        example = Example(name=name, concepts=(concept,))
        made = example_result(example, limit=2, probes=("standard_prompt",))
        write_result(tmp_path / f"{name}.json", made)
    files = sorted(tmp_path.glob("*.json"))

    with pytest.raises(RequestError, match=r"'mine_church', 'other_golf_ball'.*--name"):
        added(tmp_path / "board", *files)
    assert added(tmp_path / "board", *files, name="mine").path.name == "mine.json"


def test_mixtures_are_refused(runs: Path, tmp_path: Path) -> None:
    """Two methods are two rows, and nothing is written."""
    other = make_run(tmp_path / "uce", "golf_ball", method="uce")

    with pytest.raises(ResultError, match="Its method is uce"):
        added(tmp_path / "board", runs / "church", other, name="mine")
    assert not (tmp_path / "board").exists()
