"""One small run for every test of the board."""

from __future__ import annotations

from pathlib import Path

import pytest

from erasebench.board.entries import Entry, read_entries
from erasebench.results.result import Result
from tests.board.example_run import Example, example_floors, example_result

PROBES = ("standard_prompt", "indirect_prompt", "noise", "inpainting_crop", "retention")

CONCEPTS = ("church", "golf_ball")
"""The ranked concepts of the scored result."""

BLUNT = "diffusion_completion_5"
"""A probe that cannot tell models apart there."""

LIMIT = 8
"""Prompts of each."""


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


@pytest.fixture(scope="session")
def scored() -> Result:
    """Two ranked concepts, set between the base and a model that never knew them."""
    floors = example_floors(CONCEPTS, limit=LIMIT, blunt=(BLUNT,))
    return example_result(Example(concepts=CONCEPTS), limit=LIMIT, floors=floors)


@pytest.fixture(scope="session")
def bare() -> Result:
    """The same without a model that never knew them, and with a failed probe."""
    example = Example(name="bare", concepts=CONCEPTS, failed=("noise",))
    return example_result(example, limit=LIMIT, floors=())
