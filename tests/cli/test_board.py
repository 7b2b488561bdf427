"""`erasebench board`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from erasebench.results.file import load_result, write_result
from tests.board.example_run import Example, example_result

pytestmark = pytest.mark.usefixtures("own_cache")


def board(*words: str | Path) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["board", *map(str, words)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Results of a submission's two checkpoints."""
    folder = tmp_path_factory.mktemp("results")
    files = []
    for concept in ("church", "golf_ball"):
        example = Example(name=f"mine_{concept}", concepts=(concept,))
        files.append(folder / f"{concept}.json")
        write_result(files[-1], example_result(example, limit=2, probes=("standard_prompt",)))
    return tuple(files)


def test_the_last_line_is_the_row(files: tuple[Path, ...], tmp_path: Path) -> None:
    """The lines before it show the scores, or why there are none."""
    result = board("add", *files, "--into", tmp_path, "--partial")
    lines = result.stdout.splitlines()

    assert result.exit_code == 0, result.stderr
    assert lines[0] == "mine: golf_ball, church"
    assert lines[1].startswith("No robustness. No verdict: indirect_prompt")
    assert Path(lines[-1]) == tmp_path / "pictogram-v1" / "mine.json"
    assert load_result(Path(lines[-1])).name == "mine"


def test_json_has_the_scores(files: tuple[Path, ...], tmp_path: Path) -> None:
    """`--json` prints the path and the scores."""
    words = ("--into", tmp_path, "--name", "ours", "--partial", "--json")
    printed = json.loads(board("add", *files, *words).stdout)

    assert printed["path"] == str(tmp_path / "pictogram-v1" / "ours.json")
    assert printed["score"]["concepts"] == ["church", "golf_ball"]


def test_a_partial_row_is_refused_in_one_line(files: tuple[Path, ...], tmp_path: Path) -> None:
    """The message names --partial, and nothing is written."""
    result = board("add", files[0], "--into", tmp_path)

    assert result.exit_code == EXPECTED_FAILURE
    assert result.stderr.startswith("error: 'mine_church' is partial: limit 2")
    assert "--partial" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_status_is_written(tmp_path: Path) -> None:
    """The last line is the file; JSON has its content."""
    words = ("a__b", "failed", "--reason", "No such commit.", "--into", tmp_path)
    done = board("status", *words, "--unmerged")
    printed = json.loads(board("status", *words, "--json").stdout)

    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("a__b: failed since 20")
    assert Path(done.stdout.splitlines()[-1]) == tmp_path / "status" / "a__b.json"
    assert (printed["state"], printed["reason"]) == ("failed", "No such commit.")


def test_a_misspelt_name_gets_no_status(files: tuple[Path, ...], tmp_path: Path) -> None:
    """A manifest, a row or an earlier status must have the name; otherwise the nearest is named."""
    rows, manifests = tmp_path / "leaderboard", tmp_path / "submissions"
    board("add", *files, "--into", rows, "--partial")
    manifests.mkdir()
    (manifests / "a__handed-in.yaml").write_text("{", encoding="utf-8")
    where = ("--into", rows, "--submissions", manifests)
    board("status", "a__not-merged", "valid", "--unmerged", *where)

    for name in ("mine", "a__handed-in", "a__not-merged"):
        assert board("status", name, "queued", *where).exit_code == 0
    for name, near in (("mien", "mine"), ("a__handedin", "a__handed-in"), ("a__merged", "a__not")):
        done = board("status", name, "queued", *where)
        assert done.exit_code == EXPECTED_FAILURE
        assert f"Unknown submission '{name}'. Did you mean '{near}" in done.stderr
        assert not (rows / "status" / f"{name}.json").exists()


def test_a_row_is_withdrawn(files: tuple[Path, ...], tmp_path: Path) -> None:
    """Its file stays; the table shows it as withdrawn and not ranked."""
    board("add", *files, "--into", tmp_path, "--partial")
    done = board("withdraw", "mine", "--reason", "Asked for.", "--into", tmp_path)
    table = CliRunner().invoke(main, ["table", "--results", str(tmp_path)])
    unknown = board("withdraw", "mien", "--reason", "Asked for.", "--into", tmp_path)

    assert done.exit_code == 0, done.stderr
    assert "mine.json: not ranked since 20" in done.stdout
    assert Path(done.stdout.splitlines()[-1]) == tmp_path / "status" / "mine.json"
    assert "withdrawn" in table.stdout
    assert unknown.exit_code == EXPECTED_FAILURE
    assert "Did you mean 'mine'?" in unknown.stderr
