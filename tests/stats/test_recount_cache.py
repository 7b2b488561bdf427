"""Recounts that are remembered: never for another file, other code or other references."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from erasebench.errors import ResultError
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.file import write_result
from erasebench.results.reference import REFERENCES
from erasebench.results.result import Result
from erasebench.stats import recount_cache
from erasebench.stats.recount_cache import FOLDER, PACKAGE, load_counted, recount_key
from tests.board.example_run import example_result

DIGEST = "5e" * 32


@pytest.fixture(scope="module")
def result() -> Result:
    """A small result."""
    return example_result(limit=2, probes=("standard_prompt",))


@pytest.fixture
def path(result: Result, tmp_path: Path) -> Path:
    """Its file."""
    write_result(tmp_path / "result.json", result)
    return tmp_path / "result.json"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The user's cache, which is not there yet."""
    return tmp_path / "cache"


@pytest.fixture
def recounts(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were recounted, in order."""
    found: list[Path] = []
    check: Callable[..., None] = recount_cache.check_figures

    def counting(path: Path, result: Result, protocol: object) -> None:
        found.append(path)
        check(path, result, protocol)

    monkeypatch.setattr(recount_cache, "check_figures", counting)
    return found


def test_the_same_file_is_recounted_once(
    path: Path, cache: Path, result: Result, recounts: list[Path]
) -> None:
    """A copy elsewhere is the same file; without a cache each is recounted."""
    copy = shutil.copy(path, path.with_name("copy.json"))

    assert [load_counted(one, cache=cache) for one in (path, path, copy)] == [result] * 3
    assert recounts == [path]
    load_counted(path)
    assert recounts == [path, path]


def test_a_changed_file_is_recounted(path: Path, cache: Path, result: Result) -> None:
    """An estimate edited after the file was recounted is found, every time."""
    load_counted(path, cache=cache)
    (cell,) = result.cells
    first, *others = cell.probes
    rate = first.rate.model_copy(update={"high": 0.999})
    probes = (first.model_copy(update={"rate": rate}), *others)
    cells = (cell.model_copy(update={"probes": probes}),)
    write_result(path, result.model_copy(update={"cells": cells}))

    for _ in range(2):
        with pytest.raises(ResultError, match=r"rate\.high is 0\.999"):
            load_counted(path, cache=cache)


def test_changed_code_recounts(
    path: Path,
    cache: Path,
    tmp_path: Path,
    recounts: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What older code has confirmed says nothing of the code that is here."""
    load_counted(path, cache=cache)
    key = recount_key(DIGEST, PICTOGRAM_V1, "public", package=_edited_package(tmp_path))
    monkeypatch.setattr(recount_cache, "recount_key", lambda *_: key)

    load_counted(path, cache=cache)

    assert recounts == [path, path]


@pytest.mark.parametrize("damage", [b"", b"?", b"\xff" * 64])
def test_a_damaged_entry_is_recounted_and_made_again(
    path: Path, cache: Path, recounts: list[Path], damage: bytes
) -> None:
    """An entry holds its own name, or nothing follows from it."""
    load_counted(path, cache=cache)
    (entry,) = (cache / FOLDER).iterdir()
    entry.write_bytes(damage)
    for _ in range(2):
        load_counted(path, cache=cache)

    assert recounts == [path, path]
    assert entry.read_text() == entry.name


@pytest.mark.parametrize("obstacle", ["file", "entry", "nowhere"])
def test_without_a_place_to_write_all_is_recounted(
    path: Path, cache: Path, result: Result, recounts: list[Path], obstacle: str
) -> None:
    """A file or a folder in the way, or a system that allows none, is no error."""
    if obstacle == "file":
        cache.write_text("")
    elif obstacle == "entry":
        load_counted(path, cache=cache)
        (entry,) = (cache / FOLDER).iterdir()
        entry.unlink()
        entry.mkdir()
        recounts.clear()
    place = Path("/proc/nope") if obstacle == "nowhere" else cache

    assert [load_counted(path, cache=place) for _ in range(2)] == [result] * 2
    assert recounts == [path, path]


def test_a_key_changes_with_all_that_a_recount_depends_on(tmp_path: Path) -> None:
    """File, protocol, seed set, code, and each reference; without sources there is none."""
    references = tmp_path / "references"
    shutil.copytree(REFERENCES, references)
    before = recount_key(DIGEST, PICTOGRAM_V1, "public")
    same = recount_key(DIGEST, PICTOGRAM_V1, "public", references=references)
    retrain = references / "pictogram-v1" / "retrain.json.gz"
    retrain.write_bytes(retrain.read_bytes() + b"\0")
    others = {
        recount_key("ba" * 32, PICTOGRAM_V1, "public"),
        recount_key(DIGEST, PICTOGRAM_V1, "winter"),
        recount_key(DIGEST, PICTOGRAM_V1, "public", package=_edited_package(tmp_path)),
        recount_key(DIGEST, PICTOGRAM_V1, "public", references=references),
    }

    assert before == same
    assert len(others | {before}) == 5
    assert recount_key(DIGEST, PICTOGRAM_V1, "public", package=tmp_path / "none") is None


def _edited_package(folder: Path) -> Path:
    """The package's sources with one line more."""
    package = folder / "package"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("references", "*.pyc"))
    with (package / "stats" / "rates.py").open("a") as file:
        file.write("# one line more\n")
    return package
