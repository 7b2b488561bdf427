"""`erasebench trace`: its options, output and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from tests.evaluation.tiny_run import TinyWorld, make_tiny_world
from tests.registered import only


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TinyWorld:
    """Models of random weights and an edit of them."""
    return make_tiny_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(autouse=True)
def _at_home(world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tiny protocol, with few points, is the only one; all folders are the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with only(replace(world.protocol, tracing_points=4, tracing_seeds=4)):
        yield


def run(*words: str | Path) -> Result:
    """Runs a command line."""
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_prints_the_curve_and_last_the_path_it_wrote(world: TinyWorld) -> None:
    """The folder is named after the checkpoint; progress goes to stderr alone."""
    result = run("trace", world.edit, "--concept", "church", "--protocol", "tiny")
    lines = result.stdout.splitlines()

    assert result.exit_code == 0, result.stderr
    assert Path(lines[-1]) == Path("traces/edit/trace.json")
    assert Path(lines[-1]).is_file()
    assert lines[0] == "edit (pipeline), tiny, church"
    assert [line.split()[0] for line in lines[4:8]] == ["0", "0.333333", "0.666667", "1"]
    assert "16/16" in result.stderr
    assert "16/16" not in result.stdout


def test_json_is_all_there_is_on_stdout(world: TinyWorld, tmp_path: Path) -> None:
    """With --json, stdout is one JSON document with the curve and its path."""
    words = ("--concept", "church", "--protocol", "tiny", "--output", tmp_path / "here", "--json")
    printed = json.loads(run("trace", world.edit, *words).stdout)

    assert printed["path"] == str(tmp_path / "here" / "trace.json")
    assert len(printed["trace"]["points"]) == 4
    assert printed["identity"]["name"] == "edit"


def test_a_training_is_followed_along_its_checkpoints() -> None:
    """`trace --along` takes the output of `erase --checkpoints` without further options."""
    words = ("--concept", "church", "--protocol", "tiny", "--set", "steps=6", "--checkpoints", "3")
    erased = run("erase", "esd_x", *words)
    result = run("trace", "esd_x-church.safetensors", "--along", "esd_x-church.checkpoints")

    assert "3 training checkpoints: esd_x-church.checkpoints" in erased.stdout
    assert result.exit_code == 0, result.stderr
    assert "esd_x-church (diff, by esd_x), tiny, church" in result.stdout
    positions = [line.split()[0] for line in result.stdout.splitlines()[4:8]]
    assert positions == ["0", "2", "4", "6"]
    assert result.stdout.splitlines()[-1] == "traces/esd_x-church-checkpoints/trace.json"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--concept", "churhc"), "Did you mean 'church'?"),
        (("--concept", "church", "--along", "."), "a curve needs at least 3"),
        (("--concept", "church", "--device", "cuda:7"), "cuda:7"),
        ((), "Name it with --concept"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(
    world: TinyWorld, words: tuple[str, ...], said: str
) -> None:
    """The message has the value found and the allowed ones, and no traceback; nothing starts."""
    result = run("trace", world.edit, "--protocol", "tiny", *words)

    assert result.exit_code == EXPECTED_FAILURE
    assert said in result.stderr
    assert result.stdout == ""
    assert not Path("traces").exists()


def test_too_few_checkpoints_are_refused_when_they_are_asked_for() -> None:
    """Two checkpoints make no curve; this is checked before training."""
    result = run("erase", "esd_x", "--concept", "church", "--checkpoints", "2")

    assert result.exit_code == EXPECTED_FAILURE
    assert "2 is not in the range x>=3" in result.stderr
