"""One small run for every test of the board."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.board.entries import Entry, read_entries
from tests.board.example_run import Example, example_result


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two concepts, three prompt indices of everything; not to be changed."""
    folder = tmp_path_factory.mktemp("run")
    example_result(Example(concepts=("church", "airliner")), limit=3, folder=folder)
    return folder


@pytest.fixture(scope="session")
def entry(run_folder: Path) -> Entry:
    """What a site shows of it."""
    (entry,) = read_entries([run_folder])
    return entry
