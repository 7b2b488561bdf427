"""One small run for every test of the board."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.board.entries import Entry, read_entries
from tests.board.example_run import Example, example_result

PROBES = ("standard_prompt", "indirect_prompt", "noise", "inpainting_crop", "retention")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two concepts, one of which must be left by the other's erasure.

    Tests that change it work on a copy.
    """
    folder = tmp_path_factory.mktemp("run")
    example_result(Example(concepts=("church", "airliner")), limit=2, probes=PROBES, folder=folder)
    return folder


@pytest.fixture(scope="session")
def entry(run_folder: Path) -> Entry:
    """What a site shows of it."""
    (entry,) = read_entries([run_folder / "result.json"])
    return entry
