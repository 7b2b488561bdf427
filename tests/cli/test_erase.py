"""`erasebench erase`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from erasebench.cli.main import main
from erasebench.methods.registry import METHODS
from erasebench.protocol import PROTOCOLS
from erasebench.submission.checkpoint import open_checkpoint
from tests.tiny import tiny_pipeline_folder, tiny_protocol


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a protocol with a tiny base; the test runs in a folder of its own."""
    tiny_pipeline_folder(tmp_path / "world" / "base")
    monkeypatch.setitem(PROTOCOLS, "tiny", tiny_protocol(tmp_path / "world"))
    monkeypatch.chdir(tmp_path)
    return "tiny"


def test_writes_a_diff_and_ends_with_its_path(tiny: str) -> None:
    """Stdout ends with the file, named after method and concept; progress is on stderr."""
    words = [
        "erase",
        "esd_x",
        "--concept",
        "church",
        "--protocol",
        tiny,
        "--set",
        "steps=2",
        "--threads",
        "1",
    ]

    done = CliRunner().invoke(main, words)

    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "esd_x-church.safetensors"
    assert "erasing" in done.stderr
    assert "erasing" not in done.stdout
    assert open_checkpoint(Path("esd_x-church.safetensors")).concept == "church"


def test_json_is_all_of_stdout(tiny: str) -> None:
    """With --json, stdout is one JSON document."""
    words = ["erase", "uce", "--concept", "church", "--protocol", tiny, "-o", "x.safetensors"]

    done = CliRunner().invoke(main, [*words, "--set", "damping=0.25", "--json"])
    card = json.loads(done.stdout)

    assert (card["path"], card["method"]) == ("x.safetensors", "uce")
    assert card["settings"]["damping"] == "0.25"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["esdx", "--concept", "church"], "Did you mean 'esd_x'"),
        (["esd_x", "--concept", "chruch"], "Did you mean 'church'"),
        (["esd_x", "--concept", "church", "--protocol", "pictogram"], "'pictogram-v1'"),
        (["esd_x", "--concept", "church", "--set", "step=1"], "Did you mean 'steps'"),
        (["esd_x", "--concept", "church", "--set", "steps=0"], "greater than or equal to 1"),
        (["esd_x", "--concept", "church", "--device", "cuda:9"], "Choose --device from: cpu"),
    ],
)
def test_a_wrong_word_is_one_line_that_helps(
    words: list[str], hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written, the exit status is 2, and the message names the allowed values."""
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(main, ["erase", *words])

    assert done.exit_code == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_teaches_with_an_example_and_every_setting() -> None:
    """The help suffices to erase a concept and to change a setting."""
    text = CliRunner().invoke(main, ["erase", "--help"]).stdout

    assert "erasebench erase esd_x --concept church -o church.safetensors" in text
    for method in METHODS.values():
        for name, value in method.settings("pictogram-v1").as_words().items():
            assert f"  {name}={value}  " in text
