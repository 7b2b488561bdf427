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


def test_rows_are_printed_with_a_legend(board: Path) -> None:
    """A missing value is a dash, the reason for no place is given, and nothing moves the cursor."""
    result = table("--results", board)
    (row,) = [line for line in result.stdout.splitlines() if "ne " in line and "esd_x" in line]

    assert result.exit_code == 0, result.stderr
    assert row.startswith(r"mi\x07ne")
    assert row.endswith("partial, 1 of 5 concepts")
    assert " - " in row
    assert "pictogram-v1, public seeds. With n = 2, differences below" in result.stdout
    assert "95 % interval" in result.stdout


def test_all_forms_have_the_same_rows(board: Path) -> None:
    """CSV and JSON with shares and intervals, Markdown and LaTeX as the terminal."""
    (row,) = csv.DictReader(io.StringIO(table("--results", board, "--csv").stdout))
    (line,) = json.loads(table("--results", board, "--json", "--concept", "church").stdout)
    markdown, latex = (table(board, form).stdout for form in ("--markdown", "--latex"))

    assert line["rates"]["standard_prompt"]["high"] == float(row["standard_prompt_high"])
    assert line["marks"] == ["partial"]
    assert (line["robustness"], row["robustness"]) == (None, "")
    assert "partial, 1 of 5 concepts" in markdown.splitlines()[-1]
    assert r"esd\_x" in latex
    assert r"\bottomrule" in latex


def test_files_may_be_given_alone(board: Path) -> None:
    """Several files can be given, as by a shell pattern."""
    given = table(board / "pictogram-v1" / "mi-ne.json")

    assert given.stdout == table("--results", board).stdout


def test_an_empty_board_is_no_failure(tmp_path: Path) -> None:
    """JSON is an empty list; the text is a sentence."""
    assert table("--results", tmp_path).stdout == "There are no results yet.\n"
    assert json.loads(table("--results", tmp_path, "--json").stdout) == []
    assert table("--results", tmp_path, "--csv").stdout == ""
    assert table("--results", tmp_path, "--csv").stderr == "There are no results yet.\n"


def test_without_a_checkout_the_message_names_what_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no leaderboard next to an installed package."""
    monkeypatch.chdir(tmp_path)
    result = table()

    assert result.exit_code == EXPECTED_FAILURE
    assert "There is no folder leaderboard/ here. Name results" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--csv", "--json"), "Choose one format, not --csv and --json"),
        (("--concept", "churhc"), "'church'?"),
    ],
)
def test_a_wrong_option_is_refused(board: Path, words: tuple[str, ...], said: str) -> None:
    """In one line on stderr."""
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
