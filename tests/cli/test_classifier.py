"""`erasebench classifier`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import datasets
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from erasebench.cli.main import main
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.latent_classifier_file import save_latent_classifier
from erasebench.diffusion.released_classifier import LATENT_SHAPE, NAMES
from erasebench.imagenet import IMAGENET_1K
from erasebench.protocol import PROTOCOLS
from tests.tiny import tiny_pipeline_folder, tiny_protocol


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a protocol with a tiny base; caches and working folder are the test's own."""
    tiny_pipeline_folder(tmp_path / "world" / "base")
    monkeypatch.setitem(PROTOCOLS, "tiny", tiny_protocol(tmp_path / "world"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache" / "datasets")
    monkeypatch.chdir(tmp_path)
    return "tiny"


@pytest.fixture
def photographs(tmp_path: Path) -> str:
    """A folder of light churches and dark fish."""
    for label, grey in (("church", 180), ("tench", 20)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(10):
            picture = Image.new("L", (32, 32), grey + 5 * number)
            picture.save(tmp_path / "data" / label / f"{number}.png")
    return str(tmp_path / "data")


def test_a_classifier_is_trained_found_again_and_measured(tiny: str, photographs: str) -> None:
    """The last line is its path; with --json stdout is the card; evaluate reads the file."""
    common = ["--protocol", tiny, "--data", photographs, "--split", "train", "--threads", "1"]
    words = ["classifier", "train", "--concept", "church", *common]

    done = CliRunner().invoke(main, words)
    again = CliRunner().invoke(main, [*words, "--json"])
    path = done.stdout.splitlines()[-1]
    measured = CliRunner().invoke(main, ["classifier", "evaluate", path, *common, "--json"])
    shown = CliRunner().invoke(main, ["classifier", "evaluate", path, *common])

    assert done.exit_code == 0, done.stderr
    assert Path(path).exists()
    assert "training" in done.stderr
    assert "training" not in again.stderr
    card = json.loads(again.stdout)
    assert (card["path"], card["concept"], card["validation"]) == (path, "church", 2)
    figures = json.loads(measured.stdout)
    assert (figures["concept"], len(figures["roc_auc"])) == ("church", 10)
    assert shown.stdout.splitlines()[-1] == path
    assert "church: 10 images of it, 10 others" in shown.stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["train", "--concept", "chruch"], "Did you mean 'church'"),
        (["train", "--concept", "van_gogh"], "van_gogh is a style"),
        (["train", "--concept", "church", "--device", "cuda:9"], "Choose --device from: cpu"),
        (["train", "--concept", "church", "--data", "nowhere"], "No train split"),
        (["train", "--concept", "church", "--labels", "cifar"], "is not one of"),
        (["evaluate", "none.safetensors"], "Not a file"),
        (["convert", "none.pt", "--concept", "church", "-o", "x"], "No such file"),
        (["convert", "none.pt", "--concept", "van_gogh", "-o", "x"], "is not one of"),
    ],
)
def test_a_wrong_word_is_one_line_that_helps(
    words: list[str], hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit status is 2, the message names the allowed values, and no file is written."""
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(main, ["classifier", *words])

    assert done.exit_code == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_protocol_of_photographs_takes_imagenet(
    tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its pinned commit; without it there is no substitute."""
    monkeypatch.setitem(PROTOCOLS, tiny, replace(PROTOCOLS[tiny], photographs=IMAGENET_1K))

    done = CliRunner().invoke(
        main, ["classifier", "train", "--concept", "church", "--protocol", tiny]
    )

    assert done.exit_code == 2
    assert f"{IMAGENET_1K}: No such local folder or file" in done.stderr


def test_another_base_s_classifier_is_not_measured(tiny: str, tmp_path: Path) -> None:
    """A file for other latents is refused before any image is generated."""
    other = LatentClassifier((4, 8, 8), torch.linspace(0.99, 0.01, 1000))
    save_latent_classifier(tmp_path / "other.safetensors", other, "church", None)

    done = CliRunner().invoke(
        main, ["classifier", "evaluate", "other.safetensors", "--protocol", tiny]
    )

    assert done.exit_code == 2
    assert "latents of shape" in done.stderr
    assert "encoding" not in done.stderr


@pytest.mark.slow
def test_a_released_file_is_converted(tmp_path: Path) -> None:
    """At the size of Stable Diffusion 1.4; the safetensors file names concept and base."""
    ours = LatentClassifier(LATENT_SHAPE, torch.linspace(0.99, 0.01, 1000)).state_dict()
    state = {theirs: ours[name] for theirs, name in NAMES.items()}
    torch.save({"model_state_dict": state}, tmp_path / "church.pt")
    output = tmp_path / "church.safetensors"
    words = [str(tmp_path / "church.pt"), "--concept", "church", "-o", str(output), "--json"]

    done = CliRunner().invoke(main, ["classifier", "convert", *words])

    said = json.loads(done.stdout)
    assert (said["path"], said["concept"], said["base"]) == (str(output), "church", None)
    assert said["latent_shape"] == [4, 64, 64]
    assert output.stat().st_size > 4 * 17_306_625


def test_help_teaches_with_an_example_of_each_verb() -> None:
    """The help suffices to train, to evaluate and to convert."""
    text = CliRunner().invoke(main, ["classifier", "--help"]).stdout

    for verb in ("train", "evaluate", "convert"):
        assert f"erasebench classifier {verb} church" in text.replace("--concept ", "")
