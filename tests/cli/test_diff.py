"""`erasebench diff`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from erasebench.cli.main import main
from erasebench.protocol import PROTOCOLS
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from tests.tiny import tiny_pipeline_folder, tiny_protocol

FILE = Path("unet", "diffusion_pytorch_model.safetensors")


@pytest.fixture
def erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A UNet that differs from the base of the protocol `tiny`; the test runs in its folder."""
    base = tiny_pipeline_folder(tmp_path / "world" / "base")
    monkeypatch.setitem(PROTOCOLS, "tiny", tiny_protocol(tmp_path / "world"))
    monkeypatch.chdir(tmp_path)
    tensors = load_file(base / FILE)
    tensors["conv_in.weight"] *= 2
    path = tmp_path / "erased" / FILE
    path.parent.mkdir(parents=True)
    save_file(tensors, path)
    return path


def _run(*words: object) -> str:
    done = CliRunner().invoke(main, ["diff", *map(str, words)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("base", ["tiny", "world/base"])
def test_a_diff_is_made_shown_and_applied(erased: Path, base: str) -> None:
    """The base may be a name or a folder; applying a diff restores the edited weights."""
    made = _run("make", base, erased.parent, "-o", "x.safetensors", "--concept", "church")
    shown = _run("show", "x.safetensors", "--base", base)
    applied = _run("apply", "x.safetensors", "-o", "whole", "--base", base)

    assert made.splitlines()[-1] == "x.safetensors"
    assert "1 tensors" in made
    assert "exact" in made
    assert f"an edit of {base}" in shown
    assert "concept church" in shown
    assert "unet convolutions" in shown
    assert shown.splitlines()[-1] == "x.safetensors"
    assert Path(applied.splitlines()[-1]) == "whole" / FILE
    assert torch.equal(
        load_file("whole" / FILE)["conv_in.weight"], load_file(erased)["conv_in.weight"]
    )


def test_json_is_all_of_stdout(erased: Path) -> None:
    """With --json, stdout is one JSON document with the card."""
    made = json.loads(_run("make", "tiny", erased, "-o", "x.safetensors", "--json"))
    shown = json.loads(_run("show", "x.safetensors", "--json", "--base", "tiny"))
    applied = json.loads(_run("apply", "x.safetensors", "-o", "w", "--json", "--base", "tiny"))

    assert made["header"]["result"] == shown["tensors_digest"]
    assert made["weight_change"] == shown["weight_change"]
    assert made["weight_change"]["tensors_changed"] == 1
    assert applied == {"path": "w", "files": [str("w" / FILE)]}


def test_the_base_is_known_by_the_diff(erased: Path) -> None:
    """A diff names its base, so --base is not needed for a protocol's base."""
    _run("make", "tiny", erased, "-o", "x.safetensors")

    assert "an edit of tiny" in _run("show", "x.safetensors")


def test_a_card_is_kept_unless_it_is_replaced(erased: Path) -> None:
    """A diff of a diff keeps concept and method unless an option replaces them."""
    words = ["--concept", "church", "--method", "esd_x"]
    _run("make", "tiny", erased, "-o", "x.safetensors", *words)
    _run("make", "tiny", "x.safetensors", "-o", "y.safetensors", "--method", "uce")

    checkpoint = open_checkpoint(Path("y.safetensors"))
    assert (checkpoint.concept, checkpoint.method) == ("church", "uce")


def test_a_setting_begins_no_line(erased: Path) -> None:
    """So a CI runner cannot take it for a command."""
    base = open_base(PROTOCOLS["tiny"])
    tensors = {"unet.conv_in.weight": load_file(erased)["conv_in.weight"]}
    card = Card(settings={"::error file=a.py::pwned": "1", "seed": "0"})
    write_diff(Path("x.safetensors"), tensors, base.digest, card)
    lines = _run("show", "x.safetensors").splitlines()

    assert "settings: ::error file=a.py::pwned 1, seed 0" in lines


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["make", "tiny", "erased/unet", "-o", "x", "--kind", "low_rank"], "--rank together"),
        (["make", "tiny", "erased/unet", "-o", "x", "--rank", "2"], "--rank together"),
        (
            ["make", "tinny", "erased/unet", "-o", "x"],
            "a protocol (pictogram-v1, sd14-v1, tiny)",
        ),
        (["make", "tiny", "nothing", "-o", "x"], "No such file or folder"),
        (["make", "tiny", "world/base", "-o", "x"], "No tensor differs from the base"),
        (["show", "nothing"], "No such file or folder"),
        (["apply", "nothing", "-o", "x"], "No such file or folder"),
    ],
)
@pytest.mark.usefixtures("erased")
def test_a_wrong_word_is_one_line_that_helps(words: list[str], hint: str) -> None:
    """Nothing is written, the exit status is 2, and the message names the allowed values."""
    done = CliRunner().invoke(main, ["diff", *words])

    assert done.exit_code == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("x").exists()


@pytest.mark.parametrize("verb", ["make", "apply", "show"])
def test_help_teaches(verb: str) -> None:
    """The help names the checkpoints that are accepted."""
    text = CliRunner().invoke(main, ["diff", verb, "--help"]).stdout

    assert "LoRA" in text or "erasebench evaluate" in text
    assert "--json" in text
