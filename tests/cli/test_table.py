"""`erasebench table`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from erasebench.results.file import write_result
from tests.board.example_run import Example, example_result

pytestmark = pytest.mark.usefixtures("own_cache")


def table(*words: str | Path) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["table", *map(str, words)])


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leaderboard with one small row, whose name would ring a terminal's bell."""
    board = tmp_path_factory.mktemp("board")
    result = example_result(Example(name="mi\x07ne"), limit=2, probes=("standard_prompt",))
    write_result(board / "pictogram-v1" / "mi-ne.json", result)
    return board


def test_rows_are_printed_with_how_to_read_them(board: Path) -> None:
    """What is missing is a dash, what sets a row apart is said, and nothing moves the cursor."""
    result = table("--results", board)
    (row,) = [line for line in result.stdout.splitlines() if "ne " in line and "esd_x" in line]

    assert result.exit_code == 0, result.stderr
    assert row.startswith(r"mi\x07ne")
    assert row.endswith("partial, 1 of 5 concepts")
    assert " - " in row
    assert "pictogram-v1, public seeds. Two rates of 2 prompts are told apart by" in result.stdout
    assert "95 % intervals" in result.stdout


def test_csv_and_json_have_the_same_rows(board: Path) -> None:
    """Shares with their intervals."""
    (row,) = csv.DictReader(io.StringIO(table("--results", board, "--csv").stdout))
    (line,) = json.loads(table("--results", board, "--json", "--concept", "church").stdout)

    assert line["rates"]["standard_prompt"]["high"] == float(row["standard_prompt_high"])
    assert line["marks"] == ["partial"]
    assert (line["robustness"], row["robustness"]) == (None, "")


def test_an_empty_board_is_said(tmp_path: Path) -> None:
    """It is no failure."""
    assert table("--results", tmp_path).stdout == "No rows yet.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--csv", "--json"), "two forms of one table"), (("--concept", "churhc"), "'church'?")],
)
def test_a_wrong_word_is_refused(board: Path, words: tuple[str, ...], said: str) -> None:
    """In one line."""
    result = table("--results", board, *words)

    assert result.exit_code == EXPECTED_FAILURE
    assert said in result.stderr


def test_a_row_is_recounted_once_and_prints_the_same(board: Path, own_cache: Path) -> None:
    """The second call finds that the row was recounted; `site` would find it too."""
    first = table("--results", board)
    entries = sorted((own_cache / "recounts").iterdir())
    second = table("--results", board)

    assert first.stdout == second.stdout
    assert len(entries) == 1
    assert entries == sorted((own_cache / "recounts").iterdir())
