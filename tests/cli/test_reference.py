"""`erasebench reference`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.evaluation.selfcheck.weight_noise import PICTURES, judged_objects
from erasebench.protocol import PROTOCOLS
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.prompt_filter import PromptFilter
from tests.tiny import tiny_world

MAKE = ["reference", "make"]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a protocol of tiny models; the test runs in a folder of its own."""
    monkeypatch.setitem(PROTOCOLS, "tiny", tiny_world(tmp_path / "world"))
    monkeypatch.chdir(tmp_path)
    return "tiny"


def test_a_filter_is_named_after_its_concept(tiny: str) -> None:
    """The last line of stdout is the file, which holds the filter."""
    done = CliRunner().invoke(
        main, [*MAKE, "prompt_filter", "--concept", "church", "--protocol", tiny]
    )

    assert done.exit_code == 0, done.stderr
    assert done.stdout == "prompt_filter-church.safetensors\n"
    assert open_checkpoint(Path("prompt_filter-church.safetensors")).filtered == PromptFilter(
        "church"
    )


def test_a_filter_s_card_is_json(tiny: str) -> None:
    """With --json, stdout is one JSON document."""
    words = [*MAKE, "prompt_filter", "--concept", "church", "--protocol", tiny, "-o", "x", "--json"]

    card = json.loads(CliRunner().invoke(main, words).stdout)

    assert card == {"concept": "church", "method": "prompt_filter", "path": "x", "settings": {}}


def test_noise_is_searched_in_view(tiny: str) -> None:
    """Each scale is a line of progress; stdout ends with the scale that was found and the file."""
    words = [*MAKE, "weight_noise", "--protocol", tiny, "--seed", "1", "--threads", "1"]

    done = CliRunner().invoke(main, words)
    diff = open_checkpoint(Path("weight_noise.safetensors")).diff

    assert done.exit_code == 0, done.stderr
    assert diff is not None
    scale = diff.card.settings["scale"]
    assert done.stdout == f"s = {scale}\nweight_noise.safetensors\n"
    tried = done.stderr.splitlines()
    assert len(tried) == round(10 * float(scale))
    asked = PICTURES * len(judged_objects(PROTOCOLS[tiny]))
    assert tried[-1] == f"s = {scale}: the judge accepts 0 of {asked} images"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["prompt_filter"], "Missing option '--concept'"),
        (["prompt_filter", "--concept", "chruch"], "Did you mean 'church'"),
        (["weight_noise", "--protocol", "pictogram"], "'pictogram-v1'"),
        (["weight_noise", "--device", "cuda:9"], "Choose --device from: cpu"),
    ],
)
def test_a_wrong_word_is_one_line_that_helps(
    words: list[str], hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written, the exit status is 2, and the message names the allowed values."""
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(main, [*MAKE, *words])

    assert done.exit_code == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_teaches_how_rows_are_made_and_evaluated() -> None:
    """The help suffices to make both entries and to evaluate them."""
    text = CliRunner().invoke(main, ["reference", "--help"]).stdout

    assert "erasebench reference make prompt_filter --concept church -o filter.safetensors" in text
    assert "erasebench reference make weight_noise -o noise.safetensors" in text
    assert "erasebench evaluate noise.safetensors --concept church" in text
