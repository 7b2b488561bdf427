"""Where a submission stands, and rows that were withdrawn."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from erasebench.board.entries import read_entries
from erasebench.board.frames import csv_of
from erasebench.board.pages.build import build_site
from erasebench.board.pages.render import render_site, site_folder
from erasebench.board.pages.table import tables_of
from erasebench.board.ranking import rank_of
from erasebench.board.rows import rows_of
from erasebench.board.status import (
    Status,
    read_status,
    read_statuses,
    set_status,
    status_path,
)
from erasebench.board.submissions import check_distinct, list_submissions, withdraw
from erasebench.errors import RequestError, ResultError, UnknownNameError
from erasebench.errors.wording import LONGEST_REASON
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.file import write_result
from tests.board.example_run import Example, example_result
from tests.board.html_page import Html

DAY = date(2027, 3, 1)
LATER = date(2027, 3, 9)
RUN = "https://github.com/owner/name/actions/runs/1"
HOSTILE = "<script>alert('x')</script>\"'&{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leaderboard of two short rows, of which `a-best` is the better; tests do not change it."""
    board = tmp_path_factory.mktemp("board")
    for name, chance in (("a-best", 0.0), ("b-other", 1.0)):
        example = Example(name=name, recovered={}, otherwise=chance)
        result = example_result(example, limit=2, probes=("standard_prompt",))
        write_result(board / PICTOGRAM_V1.name / f"{name}.json", result)
    return board


@pytest.fixture
def board(written: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    (tmp_path / PICTOGRAM_V1.name).mkdir()
    for path in (written / PICTOGRAM_V1.name).iterdir():
        (tmp_path / PICTOGRAM_V1.name / path.name).symlink_to(path)
    return tmp_path


def test_what_happened_before_is_kept(tmp_path: Path) -> None:
    """Oldest first; a repeated step counts once, on its first day."""
    set_status(tmp_path, "a__b", "valid", DAY)
    set_status(tmp_path, "a__b", "queued", DAY, commit="0" * 40, link=RUN)
    path, _ = set_status(tmp_path, "a__b", "failed", LATER, reason="The Hub is silent.")
    before = path.read_bytes()
    _, status = set_status(
        tmp_path, "a__b", "failed", date(2028, 1, 1), reason="The  Hub\nis silent. "
    )

    assert path == tmp_path / "status" / "a__b.json"
    assert path.read_bytes() == before
    assert read_status(path) == status
    assert (status.state, status.since, status.reason) == ("failed", LATER, "The Hub is silent.")
    assert [(one.state, one.link) for one in status.history] == [("valid", None), ("queued", RUN)]


@pytest.mark.parametrize(
    ("state", "facts", "said"),
    [
        ("failed", {}, "a status failed needs a reason"),
        ("withdrawn", {"reason": " \n"}, "a status withdrawn needs a reason"),
        ("lost", {}, "A status is one of received, valid, queued"),
        ("scored", {"link": "javascript:alert(1)"}, "a link starts with https://"),
        ("scored", {"link": "https://x.example/\"onclick='"}, "a link starts with https://"),
        ("scored", {"commit": "main"}, "a commit has 40 hex digits"),
    ],
)
def test_a_fact_that_is_not_as_it_must_be_is_refused(
    tmp_path: Path, state: str, facts: dict[str, str], said: str
) -> None:
    """With what is allowed; nothing is written."""
    with pytest.raises(RequestError, match=said):
        set_status(tmp_path, "a__b", state, DAY, **facts)

    assert list(tmp_path.iterdir()) == []


def test_a_reason_is_one_line_that_hides_nothing(tmp_path: Path) -> None:
    """It may repeat what others wrote: turned letters, escapes, and any length."""
    words = "one\r\n\x1b[31mtwo \u202ethree " + "x" * 2 * LONGEST_REASON
    _, status = set_status(tmp_path, "a__b", "failed", DAY, reason=words)

    assert status.reason is not None
    assert status.reason.startswith("one [31mtwo three xxx")
    assert len(status.reason) == LONGEST_REASON


def test_a_name_is_no_path(tmp_path: Path) -> None:
    """Whatever it holds, the file lies in the folder, and is found by the same name."""
    path, _ = set_status(tmp_path, "../../a__sd1.4", "valid", DAY)

    assert path == tmp_path / "status" / "a__sd1-4.json"
    assert status_path(tmp_path, "../../a__sd1.4") == path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "lost"}, "Field state is wrong"),
        ({"link": "javascript:alert(1)"}, "Field link is wrong"),
        ({"more": 1}, "Field more is wrong"),
        ({"reason": None, "state": "failed"}, "a status failed needs a reason"),
        ({"name": "other"}, "the file must have that name"),
    ],
)
def test_a_file_that_was_changed_by_hand_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    """A page is made of what a status must hold, and of nothing else."""
    path, _ = set_status(tmp_path, "a__b", "valid", DAY)
    path.write_text(json.dumps(json.loads(path.read_text()) | change), encoding="utf-8")

    with pytest.raises(ResultError, match=said):
        read_statuses(tmp_path)


def test_a_withdrawn_row_comes_last_and_says_why(board: Path) -> None:
    """It is the best of the table, and takes no place; data and figures stay what they were."""
    rows = sorted((board / PICTOGRAM_V1.name).glob("*.json"))
    before = [path.read_bytes() for path in rows]
    (table,) = tables_of(read_entries(rows))
    first = [row.name for row in table.groups[0].rows]
    done = withdraw(board, "a-best", DAY, reason="Files gone.", protocols=(PICTOGRAM_V1.name,))
    entries = read_entries(rows)
    (table,) = tables_of(entries)
    gone, _ = entries
    lines = rows_of(entries)

    assert done.rows == (rows[0],)
    assert first == ["a-best", "b-other"]
    assert [row.name for row in table.groups[0].rows] == ["b-other", "a-best"]
    assert [line.name for line in lines] == ["b-other", "a-best"]
    assert lines[-1].marks[0] == "withdrawn"
    assert "2027-03-01: Files gone." in csv_of(lines)
    mark, *_ = rank_of(gone, gone.result.cells[0].erased).marks
    assert (mark.word, mark.meaning) == (
        "withdrawn",
        "Withdrawn on 2027-03-01, not ranked: Files gone.",
    )
    assert [path.read_bytes() for path in rows] == before


def test_a_row_that_counts_again_stands_where_it_stood(board: Path) -> None:
    """After a new submission of the same name; the withdrawal stays in its history."""
    withdraw(board, "a-best", DAY, reason="Files gone.", protocols=(PICTOGRAM_V1.name,))
    set_status(board, "a-best", "scored", LATER)
    entries = read_entries(sorted((board / PICTOGRAM_V1.name).glob("*.json")))
    (table,) = tables_of(entries)

    assert table.groups[0].rows[0].name == "a-best"
    assert entries[0].status is not None
    assert [one.state for one in entries[0].status.history] == ["withdrawn"]


@pytest.mark.parametrize("state", ["valid", "queued", "failed", "received"])
def test_a_withdrawn_row_does_not_come_back_by_being_handed_in(board: Path, state: str) -> None:
    """A resubmission under the same name waits or fails; the old row stays withdrawn."""
    withdraw(board, "a-best", DAY, reason="Files gone.", protocols=(PICTOGRAM_V1.name,))
    set_status(board, "a-best", state, LATER, reason="No such commit.")
    first, _ = read_entries(sorted((board / PICTOGRAM_V1.name).glob("*.json")))

    assert first.withdrawn is not None
    assert (first.withdrawn.since, first.withdrawn.reason) == (DAY, "Files gone.")


def test_names_that_differ_in_signs_do_not_share_a_status(tmp_path: Path) -> None:
    """Both would have one file, and mix their histories."""
    path, _ = set_status(tmp_path, "a__b.1", "scored", DAY)
    before = path.read_bytes()

    with pytest.raises(ResultError, match=r"status of 'a__b\.1'; 'a__b-1' differs only in special"):
        set_status(tmp_path, "a__b-1", "failed", DAY, reason="No such commit.")
    assert path.read_bytes() == before


def test_a_name_whose_row_would_lie_where_anothers_does_is_refused() -> None:
    """Its own may be there already, as of a manifest that is changed."""
    check_distinct("a__b.1", ("a__b", "a__b.1", "a__b_1"))

    with pytest.raises(RequestError, match=r"'a__b\.1' and the existing 'a__b-1' differ only"):
        check_distinct("a__b.1", ("a__b", "a__b-1"))


def test_only_what_is_there_can_be_withdrawn(board: Path) -> None:
    """A row, or a submission that never had one; a misspelt name is answered by the nearest."""
    protocols = (PICTOGRAM_V1.name,)
    set_status(board, "a__queued", "queued", DAY)

    assert withdraw(board, "a__queued", DAY, reason="Asked for.", protocols=protocols).rows == ()
    with pytest.raises(UnknownNameError, match="Did you mean 'a-best'"):
        withdraw(board, "a-bets", DAY, reason="Asked for.", protocols=protocols)


def test_every_submission_is_listed(board: Path) -> None:
    """A manifest alone was received; one that is gone and a row that came by hand are no gap."""
    set_status(board, "a-best", "scored", DAY)
    set_status(board, "c__gone", "failed", DAY, reason="No such commit.")
    entries = read_entries(sorted((board / PICTOGRAM_V1.name).glob("*.json")))
    listed = list_submissions(("d__new", "a-best"), read_statuses(board), entries)

    assert [(one.name, one.state) for one in listed] == [
        ("a-best", "scored"),
        ("c__gone", "failed"),
        ("d__new", "received"),
    ]
    assert listed[0].pages == {PICTOGRAM_V1.name: "pictogram-v1/a-best.html"}
    assert listed[2].status is None


def test_a_row_that_came_by_hand_is_scored(board: Path) -> None:
    """It has no status file, and is not listed as received."""
    entries = read_entries(sorted((board / PICTOGRAM_V1.name).glob("*.json")))
    (listed,) = list_submissions(("a-best",), (), entries)

    assert (listed.state, listed.status) == ("scored", None)
    assert list(listed.pages) == [PICTOGRAM_V1.name]


def test_the_list_is_a_page_and_what_others_wrote_is_text(board: Path, tmp_path: Path) -> None:
    """States, reasons, links to the row and to the run; markup is shown and not obeyed."""
    set_status(board, "a-best", "queued", DAY, link=RUN)
    set_status(board, "a-best", "withdrawn", LATER, reason=HOSTILE, link=RUN)
    build_site([board], tmp_path / "site", manifests=("d__new",))
    pages = {
        name: (tmp_path / "site" / name).read_text(encoding="utf-8")
        for name in ("submissions.html", "index.html", "pictogram-v1/a-best.html")
    }
    listed = Html(pages["submissions.html"])

    for text in pages.values():
        assert "<script" not in text
        assert "&lt;script&gt;alert(" in text
        assert "7 * 7" in text
    assert {"pictogram-v1/a-best.html", RUN} <= set(listed.links)
    assert f"{LATER}" in listed.text
    assert "received" in listed.text
    assert f"Withdrawn on {LATER}." in Html(pages["pictogram-v1/a-best.html"]).text
    assert "submissions.html" in Html(pages["index.html"]).links


def test_a_site_of_runs_has_no_list() -> None:
    """Runs are no submissions; with an empty list the page says so."""
    assert "submissions.html" not in render_site([], site_folder())
    empty = render_site([], site_folder(), ())["submissions.html"].decode()
    assert "No submissions yet." in empty


def test_a_status_is_small(tmp_path: Path) -> None:
    """What is not known is left out of the file."""
    path, status = set_status(tmp_path, "a__b", "scored", DAY)

    assert json.loads(path.read_text()) == {
        "schema_version": 1,
        "name": "a__b",
        "state": "scored",
        "since": "2027-03-01",
        "history": [],
    }
    assert Status.model_validate_json(path.read_text()) == status
