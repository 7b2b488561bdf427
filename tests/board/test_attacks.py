"""Submitted attacks on rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.attack.replay_file import write_replay
from erasebench.attack.replay_result import FIRST_STARTS
from erasebench.board.attacks import add_attack, read_attacks
from erasebench.board.entries import read_entries
from erasebench.board.frames import csv_of
from erasebench.board.pages.build import build_site
from erasebench.board.rows import rows_of
from erasebench.cli.main import main
from erasebench.errors import RequestError, ResultError
from erasebench.protocol.seeds import find_season
from erasebench.results.file import load_result, write_result
from tests.board.example_run import Example, example_result
from tests.results.example_replay import example_replay
from tests.seasons import NAME as SEASON
from tests.seasons import opened

pytestmark = pytest.mark.usefixtures("own_cache")

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leaderboard with a row that withstands its protocol's probes."""
    board = tmp_path_factory.mktemp("board")
    example = Example(recovered={}, otherwise=0.0)
    write_result(board / "pictogram-v1" / "esd_x_church.json", example_result(example))
    return board


@pytest.fixture
def board(written: Path, tmp_path: Path) -> Path:
    """A copy to write into."""
    return Path(shutil.copytree(written, tmp_path / "board"))


def row_of(board: Path) -> Path:
    """The row's file."""
    return board / "pictogram-v1" / "esd_x_church.json"


def replayed(folder: Path, **facts: object) -> Path:
    """A file of a replay."""
    path = folder / "replay.json"
    write_replay(path, example_replay(**facts))  # type: ignore[arg-type]
    return path


def test_an_attack_stands_beside_the_row_and_moves_no_score(board: Path, tmp_path: Path) -> None:
    """The row's file keeps every byte; table, page and program show what withstands the attack."""
    before = row_of(board).read_bytes()
    plain = rows_of(read_entries([row_of(board)]))
    place, replay = add_attack(replayed(tmp_path), row_of(board))
    entries = read_entries([row_of(board)])
    (line,) = rows_of(entries)

    assert place == board / "pictogram-v1" / "esd_x_church.attacks" / "other_words.json"
    assert row_of(board).read_bytes() == before
    assert line.worst_known is not None
    assert line.worst_known.value == replay.figures.robustness
    assert (line.estimates, line.marks) == (plain[0].estimates, plain[0].marks)
    assert "Zoë" in csv_of([line])
    build_site([board], tmp_path / "site")
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    page = (tmp_path / "site" / "pictogram-v1" / "esd_x_church.html").read_text(encoding="utf-8")
    assert "worst known attack" in index
    assert "by Zoë</a>" in index
    assert "attack replay submissions/attacks/other_words.yaml" in page
    assert "replayed 2026-01-02" in page
    kept = tmp_path / "site" / "pictogram-v1" / "esd_x_church.attacks" / "other_words.json"
    assert kept.read_bytes() == place.read_bytes()


def test_without_attacks_nothing_is_said_of_them(board: Path, tmp_path: Path) -> None:
    """No column and no section."""
    build_site([board], tmp_path / "site")
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "site").glob("*.html")]

    assert pages
    assert not any("worst-known" in page for page in pages)


def test_what_a_finder_wrote_is_escaped(board: Path, tmp_path: Path) -> None:
    """A file that was made by hand may hold what a manifest may not."""
    add_attack(replayed(tmp_path, finder=HOSTILE), row_of(board))
    build_site([board], tmp_path / "site")
    for path in (tmp_path / "site").rglob("*.html"):
        assert "<script>alert" not in path.read_text(encoding="utf-8")
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in index


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"attack": 2}, "recovers nothing: excess over the plain prompt"),
        ({"floor": 20}, "over the floor \\+0"),
        ({"tensors": "00" * 32}, "has no such checkpoint of church"),
        ({"against": "uce"}, "made against 'uce'"),
        ({"starts": FIRST_STARTS}, "from start noise that its finder could know"),
    ],
)
def test_what_does_not_belong_there(
    board: Path, tmp_path: Path, facts: dict[str, object], said: str
) -> None:
    """An attack that fails, on other tensors, or against another row: nothing is written."""
    with pytest.raises(RequestError, match=said):
        add_attack(replayed(tmp_path, **facts), row_of(board))

    assert not row_of(board).with_suffix(".attacks").exists()


def test_a_row_on_hidden_seeds_is_attacked_like_any_other(
    board: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The starts of a replay are its own, so it tells nothing of the row's, and counts."""
    opened(tmp_path / "seasons", "pictogram-v1", monkeypatch)
    season = find_season(SEASON)
    assert season is not None
    seeds = {"seed_set": SEASON, "seed_set_digest": season.digest}
    write_result(row_of(board), load_result(row_of(board)).model_copy(update=seeds))
    place, replay = add_attack(replayed(tmp_path), row_of(board))
    (known,) = read_attacks(row_of(board), load_result(row_of(board)))

    assert known.current
    assert known.robustness == replay.figures.robustness
    assert SEASON not in place.read_text(encoding="utf-8")


def test_one_name_is_one_attack(board: Path, tmp_path: Path) -> None:
    """The same attack may be replayed again; another one may not take its name."""
    place, _ = add_attack(replayed(tmp_path), row_of(board))
    add_attack(replayed(tmp_path, attack=22), row_of(board))
    content = json.loads(place.read_text(encoding="utf-8"))
    content["attack"]["digest"] = "b8" * 32
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RequestError, match="another attack of this name"):
        add_attack(other, row_of(board))


def test_a_weaker_attack_is_on_the_page_alone(board: Path, tmp_path: Path) -> None:
    """Where the protocol's own worst probe finds more, the table has nothing to add."""
    example = Example(recovered={}, otherwise=0.9)
    write_result(row_of(board), example_result(example))
    add_attack(replayed(tmp_path, attack=8), row_of(board))
    (entry,) = read_entries([row_of(board)])
    (line,) = rows_of([entry])

    assert line.worst_known is None
    assert len(entry.attacks) == 1


def test_a_row_that_changes_leaves_its_attacks_behind(board: Path, tmp_path: Path) -> None:
    """They are kept, marked, and count no more."""
    add_attack(replayed(tmp_path), row_of(board))
    result = load_result(row_of(board))
    (checkpoint,) = result.checkpoints
    identity = checkpoint.identity.model_copy(update={"tensors_digest": "77" * 32})
    changed = checkpoint.model_copy(update={"identity": identity})
    write_result(row_of(board), result.model_copy(update={"checkpoints": (changed,)}))
    (entry,) = read_entries([row_of(board)])
    build_site([board], tmp_path / "site")
    page = tmp_path / "site" / "pictogram-v1" / "esd_x_church.html"

    assert [one.current for one in entry.attacks] == [False]
    assert rows_of([entry])[0].worst_known is None
    assert "earlier checkpoint</span>" in page.read_text(encoding="utf-8")


def test_a_file_of_another_name_is_refused(board: Path, tmp_path: Path) -> None:
    """Its place would say that it is another attack."""
    place, _ = add_attack(replayed(tmp_path), row_of(board))
    place.rename(place.with_name("mine.json"))
    with pytest.raises(ResultError, match="rename it"):
        read_attacks(row_of(board), load_result(row_of(board)))


@pytest.mark.parametrize(
    ("facts", "said"),
    [({"against": "uce"}, "made against 'uce'"), ({"starts": FIRST_STARTS}, "could know")],
)
def test_what_was_put_there_by_hand_is_held_to_the_same(
    board: Path, tmp_path: Path, facts: dict[str, object], said: str
) -> None:
    """A file that `attack add` would refuse stops the board."""
    place, _ = add_attack(replayed(tmp_path), row_of(board))
    write_replay(place, example_replay(**facts))  # type: ignore[arg-type]

    with pytest.raises(ResultError, match=said):
        read_attacks(row_of(board), load_result(row_of(board)))


def test_the_verbs(board: Path, tmp_path: Path) -> None:
    """`attack add` ends with the file's path, and `table` has a column more."""
    path = replayed(tmp_path)
    words = ["attack", "add", str(path), "--row", "esd_x_church", "--into", str(board)]
    added = CliRunner().invoke(main, words)
    table = ["table", "--results", str(board)]
    shown = CliRunner().invoke(main, table)
    rows = json.loads(CliRunner().invoke(main, [*table, "--json"]).stdout)

    assert added.exit_code == 0, added.output
    assert added.stdout.splitlines()[-1].endswith("esd_x_church.attacks/other_words.json")
    assert "The attack recovers the concept" in added.stdout
    assert "church, by Zoë" in shown.stdout
    assert rows[0]["worst_known"]["attack"]["finder"]["name"] == "Zoë"
    refused = CliRunner().invoke(main, [*words[:4], "../../etc/passwd", *words[5:]])
    assert refused.exit_code == 2
    assert "etc-passwd.json: There is no such file" in refused.stderr
