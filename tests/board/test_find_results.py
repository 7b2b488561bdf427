"""Which folders hold results."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.board.find_results import find_results
from erasebench.errors import RequestError, ResultError
from erasebench.protocol import PROTOCOLS


def test_run_is_its_result(tmp_path: Path) -> None:
    """Nothing below a run's folder is looked at."""
    result = _touch(tmp_path / "result.json")
    _touch(tmp_path / "run.json")
    _touch(tmp_path / "base" / "run.json")

    found = find_results([tmp_path], PROTOCOLS)

    assert found.results == (result,)
    assert found.unended == ()


def test_files_are_results_and_each_counts_once(tmp_path: Path) -> None:
    """A file may also lie in a folder that is given."""
    result = _touch(tmp_path / "mine" / "result.json")
    other = _touch(tmp_path / "other.json")

    found = find_results([result, tmp_path / "mine", other], PROTOCOLS)

    assert found.results == (result, other)


def test_without_places_the_leaderboard_here_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a checkout there is none, and the message says what to give."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError, match=r"no folder leaderboard/ here\. Name results"):
        find_results([], PROTOCOLS)

    _touch(tmp_path / "leaderboard" / "pictogram-v1" / "a.json")
    assert find_results([], PROTOCOLS).results == (Path("leaderboard/pictogram-v1/a.json"),)


def test_folder_of_runs_is_all_that_have_ended(tmp_path: Path) -> None:
    """What has not is named."""
    for name in ("b", "a", "c"):
        _touch(tmp_path / name / "run.json")
    results = [_touch(tmp_path / name / "result.json") for name in ("a", "b")]

    found = find_results([tmp_path], PROTOCOLS)

    assert found.results == tuple(results)
    assert found.unended == (tmp_path / "c",)


def test_a_replay_is_no_run(tmp_path: Path) -> None:
    """It has the files of a run and never a result; it is neither shown nor warned about."""
    result = _touch(tmp_path / "church" / "result.json")
    spec = _touch(tmp_path / "words_on_church" / "run.json")
    spec.write_text('{"spec": {"probes": ["replayed_plain", "replayed_attack"]}}')
    found = find_results([tmp_path], PROTOCOLS)

    assert (found.results, found.unended) == ((result,), ())
    with pytest.raises(ResultError, match="No results found"):
        find_results([spec.parent], PROTOCOLS)


@pytest.mark.parametrize("name", ["esd_x_church", "result", "run"])
def test_leaderboard_is_every_submission_whatever_its_name(tmp_path: Path, name: str) -> None:
    """A submission may be called as the files of a run are."""
    submission = _touch(tmp_path / "pictogram-v1" / f"{name}.json")
    other = _touch(tmp_path / "pictogram-v1" / "zz.json")

    assert find_results([tmp_path], PROTOCOLS).results == (submission, other)


@pytest.mark.parametrize("inner", ["", "late"])
def test_nothing_but_an_unended_run_is_an_error(tmp_path: Path, inner: str) -> None:
    """It is no empty board; the message says how it ends."""
    _touch(tmp_path / inner / "run.json")

    with pytest.raises(ResultError, match=r"not finished; run the same evaluate command again\."):
        find_results([tmp_path], PROTOCOLS)


def test_unrelated_folder_is_an_error(tmp_path: Path) -> None:
    """A mistyped folder is no empty board."""
    _touch(tmp_path / "thesis.tex")

    with pytest.raises(ResultError, match="No results found"):
        find_results([tmp_path], PROTOCOLS)


def test_what_else_lies_beside_results_is_passed_over(tmp_path: Path) -> None:
    """A site that was built there, and numbers that others reported, are no results."""
    run = _touch(tmp_path / "run" / "result.json")
    entry = _touch(tmp_path / "pictogram-v1" / "x.json")
    _touch(tmp_path / "site" / ".erasebench-site.json")
    _touch(tmp_path / "reported" / "paper.json")

    assert find_results([tmp_path], PROTOCOLS).results == (entry, run)


def test_new_leaderboard_has_no_results(tmp_path: Path, root: Path) -> None:
    """Before the first submission there is a board all the same."""
    _touch(tmp_path / "README.md")
    (tmp_path / "pictogram-v1").mkdir()

    assert find_results([tmp_path], PROTOCOLS).results == ()
    assert find_results([root / "leaderboard"], PROTOCOLS).unended == ()


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path
