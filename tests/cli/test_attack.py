"""`erasebench attack`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from erasebench.cli.main import main
from erasebench.concepts import CONCEPTS
from erasebench.exits import EXPECTED_FAILURE
from erasebench.protocol import PICTOGRAM_V1
from erasebench.submission.base_tensors import open_base
from erasebench.submission.formats.diff_writer import write_prompt_filter
from tests.attack.example_attack import PROMPTS, write_prompts


def attack(*words: str | Path) -> Result:
    """Runs the command."""
    return CliRunner().invoke(main, ["attack", *map(str, words)])


def test_validate_says_what_would_be_replayed(tmp_path: Path) -> None:
    """As text, whose last line is the file, or as JSON."""
    path = write_prompts(tmp_path)
    said = attack("validate", path)
    facts = json.loads(attack("validate", path, "--json").stdout)

    assert said.exit_code == 0, said.stderr
    words, place = said.stdout.splitlines()
    assert words.startswith("A church in other words by Zoë O'Neil: 1 prompt for church")
    assert place == str(path)
    assert facts["asks"] == "1 prompt"
    assert facts["finder"]["name"] == "Zoë O'Neil"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "No checkpoint is given"),
        (("--row", "nobody"), "nobody.json: There is no such file"),
        (("nowhere.safetensors",), "nowhere.safetensors"),
    ],
)
def test_replay_needs_a_checkpoint(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """The message names the missing checkpoint, and nothing is loaded."""
    path = write_prompts(tmp_path)
    result = attack("replay", path, *words, "--into", tmp_path)

    assert result.exit_code == EXPECTED_FAILURE
    assert said in result.stderr


def test_a_checkpoint_that_erased_something_else_is_refused(tmp_path: Path) -> None:
    """Its card names another concept; this is found before a model is loaded."""
    checkpoint = tmp_path / "golf_ball.safetensors"
    write_prompt_filter(checkpoint, CONCEPTS["golf_ball"], open_base(PICTOGRAM_V1).digest)
    folder = tmp_path / "replay"
    result = attack("replay", write_prompts(tmp_path), checkpoint, "--output", folder)

    assert result.exit_code == EXPECTED_FAILURE
    assert "erases golf_ball, but the attack is for church" in result.stderr
    assert not folder.exists()


def test_faults_are_expected_failures(tmp_path: Path) -> None:
    """One line, without a traceback and without control characters."""
    path = write_prompts(tmp_path, PROMPTS.replace("Zoë", '"\\e[2J"').replace(" O'Neil", ""))
    result = attack("validate", path)

    assert result.exit_code == EXPECTED_FAILURE
    assert "line 4: finder.name" in result.stderr
    assert "\x1b" not in result.stderr
