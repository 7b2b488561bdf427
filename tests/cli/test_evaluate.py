"""`erasebench evaluate`: its options, output and errors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.exits import EXPECTED_FAILURE
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card
from erasebench.submission.formats.diff_writer import write_diff
from tests.evaluation.tiny_run import TinyWorld, make_tiny_world
from tests.registered import only

SMALL = ("--probe", "standard_prompt", "--limit", "2", "--protocol", "tiny")
"""The shortest evaluation that generates an image."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TinyWorld:
    """Models of random weights and an edit of them."""
    return make_tiny_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def _at_home(world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tiny protocol is the only one; cache and working folder are the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with only(world.protocol):
        yield


def evaluate(*words: str | Path) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["evaluate", *map(str, words)])


@pytest.mark.usefixtures("_at_home")
def test_it_prints_a_table_and_last_the_path_it_wrote(world: TinyWorld) -> None:
    """The folder is named after the checkpoint; progress and cost go to stderr alone."""
    result = evaluate(world.edit, "--concept", "church", *SMALL)
    lines = result.stdout.splitlines()

    assert result.exit_code == 0
    assert Path(lines[-1]) == Path("runs/edit/result.json")
    assert Path(lines[-1]).is_file()
    assert any(line.startswith("standard_prompt") for line in lines)
    assert (
        "Partial result (limit 2, probes named: 1 of 16, no retention): not ranked."
        in result.stdout
    )
    # The base also with an empty prompt, since the protocol has no retrained model.
    assert "To do: edit 2 images (0 done), base 4 images (0 done);" in result.stderr
    assert "Estimated time: " in result.stderr
    assert "To do" not in result.stdout


@pytest.mark.usefixtures("_at_home")
def test_a_small_run_prints_ten_lines(world: TinyWorld) -> None:
    """On stdout and stderr together; a progress bar is one line."""
    words = (world.edit, "--concept", "church", "--probe", "standard_prompt", "--limit", "2")
    evaluate(*words)
    result = evaluate(*words)

    assert len([line for line in (result.stderr + result.stdout).split("\n") if line]) <= 10


@pytest.mark.usefixtures("_at_home")
def test_json_is_all_there_is_on_stdout(world: TinyWorld, tmp_path: Path) -> None:
    """With --json, stdout is one JSON document with the estimates and the path of the result."""
    result = evaluate(
        world.edit, "--concept", "church", *SMALL, "--output", tmp_path / "here", "--json"
    )
    printed = json.loads(result.stdout)

    assert printed["path"] == str(tmp_path / "here" / "result.json")
    assert printed["cells"][0]["erased"] == "church"
    assert "outcomes" not in printed


@pytest.mark.usefixtures("_at_home")
def test_a_diff_that_names_its_concept_needs_no_option(world: TinyWorld, tmp_path: Path) -> None:
    """The card gives concept and method; the tensors give the base."""
    diff = tmp_path / "mine.safetensors"
    changed = {"unet.conv_in.bias": torch.ones(8)}
    card = Card(method="esd_x", concept="church")
    write_diff(diff, changed, open_base(world.protocol).digest, card)
    result = evaluate(diff, "--probe", "standard_prompt", "--limit", "2")

    assert "mine (diff, by esd_x), tiny: 2 images in" in result.stdout
    assert "\nchurch " in result.stdout
    assert "Protocol: tiny (detected from the tensors)." in result.stderr


@pytest.mark.usefixtures("_at_home")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--concept", "churhc"), "Did you mean 'church'?"),
        (("--concept", "church", "--probe", "nois"), "Did you mean 'noise'?"),
        (("--concept", "church", "--device", "cuda:7"), "cuda:7"),
        (("--concept", "church", "--limit", "1"), "1 is not in the range x>=2"),
        (("--concept", "church", "--output", "/proc/nope/run"), "/proc/nope/run cannot be written"),
        ((), "Name it with --concept"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(
    world: TinyWorld, words: tuple[str, ...], said: str
) -> None:
    """The message has the value found and the allowed ones, and no traceback; nothing starts."""
    result = evaluate(world.edit, "--protocol", "tiny", *words)

    assert result.exit_code == EXPECTED_FAILURE
    assert said in result.stderr
    assert result.stdout == ""
    assert not list(Path("runs").rglob("run.json"))


@pytest.mark.usefixtures("_at_home")
def test_a_second_call_says_what_is_recorded(world: TinyWorld) -> None:
    """No image is generated again, neither by the checkpoint nor by the base."""
    words = (world.edit, "--concept", "church", *SMALL)
    evaluate(*words)
    result = evaluate(*words)

    assert "edit 0 images (2 done), base 0 images (4 done)" in result.stderr


@pytest.mark.usefixtures("_at_home")
def test_a_cache_that_cannot_be_written_is_refused_in_one_line(
    world: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable for another folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nope")
    result = evaluate(world.edit, "--concept", "church", *SMALL)

    assert result.exit_code == EXPECTED_FAILURE
    assert "XDG_CACHE_HOME" in result.stderr


def test_options_are_checked_before_torch_is_loaded(tmp_path: Path) -> None:
    """A wrong option fails before torch is imported."""
    (tmp_path / "unet.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from erasebench.cli.main import main\n"
        "result = CliRunner().invoke(main, sys.argv[1:])\n"
        "print(result.stderr)\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    words = ["evaluate", "unet.safetensors", "--protocol", "pictogram-v1", "--concept", "churhc"]
    answer = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 0
    assert "Did you mean 'church'?" in answer.stdout
