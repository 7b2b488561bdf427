"""Diffs along a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.trajectory import BASE
from erasebench.errors import RequestError
from erasebench.methods.checkpoints import Checkpoints, checkpoints_folder
from erasebench.methods.erase import checkpoint_updates, erase
from erasebench.methods.erasure import Erasure
from erasebench.methods.registry import METHODS, Method
from erasebench.methods.settings import EsdSettings
from erasebench.optimisation import training
from erasebench.optimisation.fine_tuning import fine_tune_unet
from erasebench.protocol import Protocol
from erasebench.recipes import Recipe
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensors import digest_of

ESD_X = METHODS["esd_x"]
SETTINGS = EsdSettings(steps=7, learning_rate=1e-3, wording="prompt")
FORGETFUL = Method[EsdSettings](
    name="forgetful",
    summary="Claims to train, and keeps no checkpoint.",
    changes="nothing",
    load=lambda: lambda erasure, _: erasure.unet_tensors(),
    paper=EsdSettings(),
)
NAMES = ["000002.safetensors", "000004.safetensors", "000007.safetensors"]
"""Three checkpoints of seven updates."""


def run(protocol: Protocol, output: Path, *, settings: EsdSettings = SETTINGS) -> None:
    """Erases church with three checkpoints along the way."""
    erase(ESD_X, protocol, CONCEPTS["church"], settings, output, checkpoints=3)


def names(folder: Path) -> list[str]:
    """Of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def digest(protocol: Protocol, path: Path) -> str:
    """Of what a diff changes."""
    return digest_of(load_changed_tensors(open_checkpoint(path), open_base(protocol)))


def test_the_last_checkpoint_is_the_output(protocol: Protocol, tmp_path: Path) -> None:
    """Tensor by tensor; and they lie in the folder of the output's name."""
    run(protocol, tmp_path / "church.safetensors")
    folder = tmp_path / "church.checkpoints"

    assert checkpoints_folder(tmp_path / "church.safetensors") == folder
    assert names(folder) == NAMES
    digests = [digest(protocol, folder / name) for name in NAMES]
    assert digests[-1] == digest(protocol, tmp_path / "church.safetensors")
    assert len(set(digests)) == 3


def test_each_is_what_as_many_updates_make(protocol: Protocol, tmp_path: Path) -> None:
    """A training that ends there gives the same tensors, and its card says how many."""
    run(protocol, tmp_path / "church.safetensors")
    shorter = SETTINGS.model_copy(update={"steps": 4})
    erase(ESD_X, protocol, CONCEPTS["church"], shorter, tmp_path / "four.safetensors")

    path = tmp_path / "church.checkpoints" / NAMES[1]
    assert digest(protocol, path) == digest(protocol, tmp_path / "four.safetensors")
    diff = open_checkpoint(path).diff
    assert diff is not None
    assert (diff.card.settings["update"], diff.card.settings["steps"]) == ("4", "7")
    assert (diff.card.method, diff.card.concept) == ("esd_x", "church")


def test_checkpoints_change_nothing_of_the_output(protocol: Protocol, tmp_path: Path) -> None:
    """Keeping them does not touch the training."""
    run(protocol, tmp_path / "with.safetensors")
    erase(ESD_X, protocol, CONCEPTS["church"], SETTINGS, tmp_path / "without.safetensors")

    with_, without = (tmp_path / f"{name}.safetensors" for name in ("with", "without"))
    assert with_.read_bytes() == without.read_bytes()
    assert not checkpoints_folder(without).exists()


@pytest.mark.parametrize("stopped_at", [2, 3, 5])
def test_a_killed_training_leaves_the_same_checkpoints(
    protocol: Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped_at: int
) -> None:
    """Stopped at a save, at a checkpoint or between, and started again, none is missing."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    run(protocol, tmp_path / "whole.safetensors")
    draw = Erasure.generator

    def stop(self: Erasure, update: int) -> torch.Generator:
        if update == stopped_at:
            raise KeyboardInterrupt
        return draw(self, update)

    with monkeypatch.context() as patched:
        patched.setattr(Erasure, "generator", stop)
        with pytest.raises(KeyboardInterrupt):
            run(protocol, tmp_path / "killed.safetensors")
    run(protocol, tmp_path / "killed.safetensors")

    whole, killed = tmp_path / "whole.checkpoints", tmp_path / "killed.checkpoints"
    assert names(killed) == NAMES
    assert [(killed / n).read_bytes() for n in NAMES] == [(whole / n).read_bytes() for n in NAMES]


def test_a_checkpoint_lost_to_a_kill_before_its_file_is_written_again(
    protocol: Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training had kept its progress, but not the checkpoint that was due at that update."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    keep = Checkpoints.keep

    def stop(self: Checkpoints, update: int, tensors: dict[str, torch.Tensor]) -> None:
        if update == 2:
            raise KeyboardInterrupt
        keep(self, update, tensors)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "keep", stop)
        with pytest.raises(KeyboardInterrupt):
            run(protocol, tmp_path / "church.safetensors")
    run(protocol, tmp_path / "church.safetensors")

    assert names(tmp_path / "church.checkpoints") == NAMES


def test_what_another_training_left_goes(protocol: Protocol, tmp_path: Path) -> None:
    """Checkpoints at other updates are removed, and nothing else in the folder is."""
    output = tmp_path / "church.safetensors"
    run(protocol, output, settings=SETTINGS.model_copy(update={"steps": 9}))
    (tmp_path / "church.checkpoints" / "notes.txt").touch()
    run(protocol, output)

    assert names(tmp_path / "church.checkpoints") == [*NAMES, "notes.txt"]


def test_updates_are_evenly_spaced_and_end_with_the_last() -> None:
    """Fractions are cut off; where every update is kept, none is missing."""
    settings = EsdSettings(steps=50)

    assert checkpoint_updates("esd_x", settings, 5) == (10, 20, 30, 40, 50)
    assert checkpoint_updates("esd_x", settings, 3) == (16, 33, 50)
    assert checkpoint_updates("esd_x", settings, 50) == tuple(range(1, 51))


def test_a_method_in_closed_form_passes_none(protocol: Protocol, tmp_path: Path) -> None:
    """The error comes before anything is loaded, and names the methods that train."""
    uce = METHODS["uce"]

    with pytest.raises(RequestError, match=r"uce finds its edit in one step.*one of: esd_x, esd_u"):
        erase(
            uce,
            protocol,
            CONCEPTS["church"],
            uce.paper,
            tmp_path / "x.safetensors",
            checkpoints=3,
        )
    assert list(tmp_path.iterdir()) == []


def test_more_checkpoints_than_updates_are_refused() -> None:
    """There is nothing between two updates."""
    with pytest.raises(RequestError, match="Give --checkpoints 7 at most"):
        checkpoint_updates("esd_x", SETTINGS, 8)


def test_a_training_that_keeps_none_is_an_error(protocol: Protocol, tmp_path: Path) -> None:
    """It names the method and what it must call, and leaves no diff."""
    output, concept = tmp_path / "church.safetensors", CONCEPTS["church"]

    with pytest.raises(RequestError, match=r"forgetful trains.*call `erasure\.keep` after each"):
        erase(FORGETFUL, protocol, concept, SETTINGS, output, checkpoints=3)
    assert list(tmp_path.glob("**/*.safetensors")) == []
    erase(FORGETFUL, protocol, concept, SETTINGS, output)
    assert output.exists()


def test_checkpoints_of_an_earlier_training_do_not_count(
    protocol: Protocol, tmp_path: Path
) -> None:
    """Files of the same names are there, and are not taken for those of a method that kept none."""
    output, concept = tmp_path / "church.safetensors", CONCEPTS["church"]
    run(protocol, output)

    with pytest.raises(RequestError, match="forgetful trains, and there is no checkpoint after 2"):
        erase(FORGETFUL, protocol, concept, SETTINGS, output, checkpoints=3)


def test_a_method_that_fine_tunes_needs_no_loop_of_its_own(
    protocol: Protocol, tmp_path: Path
) -> None:
    """A task vector: the UNet is tuned on images by the base, and each checkpoint is negated."""

    def negate(erasure: Erasure, settings: EsdSettings) -> dict[str, torch.Tensor]:
        base = erasure.unet_tensors()

        def negated(tuned: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            return {name: 2 * base[name] - tensor.detach() for name, tensor in tuned.items()}

        tuned = fine_tune_unet(
            erasure.pipeline,
            BASE,
            erasure.concept.prompt,
            erasure.pictures(3),
            erasure.noise,
            Recipe(settings.steps, settings.batch, settings.learning_rate),
            erasure.progress,
            stream="update",
            label="task vector",
            after_update=lambda update, tensors: erasure.keep(update, negated(tensors)),
        )
        return negated(tuned)

    method = replace(FORGETFUL, name="unheard_of", load=lambda: negate)
    output = tmp_path / "church.safetensors"
    erase(method, protocol, CONCEPTS["church"], SETTINGS, output, checkpoints=3)

    folder = checkpoints_folder(output)
    assert names(folder) == NAMES
    digests = [digest(protocol, folder / name) for name in NAMES]
    assert digests[-1] == digest(protocol, output)
    assert len(set(digests)) == 3


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_method_that_trains_keeps_checkpoints(
    method: Method[Any], protocol: Protocol, tmp_path: Path
) -> None:
    """Those in closed form are refused; all others write what was asked for."""
    output = tmp_path / "church.safetensors"
    settings = method.paper
    if settings.updates is None:
        with pytest.raises(RequestError, match="in one step"):
            checkpoint_updates(method.name, settings, 2)
        return
    few = settings.with_overrides(["steps=2"])
    erase(method, protocol, CONCEPTS["church"], few, output, checkpoints=2)

    assert names(checkpoints_folder(output)) == ["000001.safetensors", "000002.safetensors"]


def test_keep_writes_only_what_is_due(tmp_path: Path) -> None:
    """Other updates leave no file."""
    kept = Checkpoints(tmp_path, (2, 4), "ba" * 32, Card())
    for update in range(5):
        kept.keep(update, {"unet.a": torch.ones(1)})

    assert names(tmp_path) == ["000002.safetensors", "000004.safetensors"]
