"""The whole way from a method to a diff that can be evaluated."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.errors import (
    DivergedError,
    NonFiniteError,
    PromptTooLongError,
    UnwritableError,
)
from erasebench.methods.erase import Erased, card_path, erase
from erasebench.methods.erasure import Erasure
from erasebench.methods.registry import METHODS
from erasebench.methods.settings import EsdSettings
from erasebench.protocol import Protocol
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.match import infer_protocol
from erasebench.submission.tensors import digest_of

SETTINGS = EsdSettings(steps=2, learning_rate=1e-3, wording="prompt")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A diff in a folder that is not there yet."""
    return tmp_path / "new" / "church.safetensors"


def test_the_diff_is_an_edit_of_the_protocols_base(
    protocol: Protocol, erasure: Callable[..., Erasure], output: Path
) -> None:
    """What is read from the diff is bit for bit what the method made, and its card says how."""
    method = METHODS["esd_x"]
    made = method.load()(erasure(), SETTINGS)

    erased = erase(method, protocol, CONCEPTS["church"], SETTINGS, output)
    checkpoint = open_checkpoint(output)
    changed = load_changed_tensors(checkpoint, open_base(protocol))

    assert infer_protocol(checkpoint, (protocol,)) == protocol
    assert (checkpoint.method, checkpoint.concept) == ("esd_x", "church")
    assert checkpoint.diff is not None
    assert checkpoint.diff.card.settings["learning_rate"] == "0.001"
    assert {name: tensor.dtype for name, tensor in changed.items()} == dict.fromkeys(
        made, torch.float32
    )
    assert digest_of(changed) == digest_of(made) == erased.tensors_digest
    assert (erased.tensors, erased.values) == (len(made), sum(t.numel() for t in made.values()))


def test_the_card_beside_it_says_the_same(protocol: Protocol, output: Path) -> None:
    """The readable card holds what `erase` returned, and nothing else is left in the folder."""
    erased = erase(METHODS["uce"], protocol, CONCEPTS["church"], METHODS["uce"].paper, output)

    assert Erased.model_validate(json.loads(card_path(output).read_text())) == erased
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "church.card.json",
        "church.safetensors",
    ]


def test_equal_erasures_are_equal_files(protocol: Protocol, output: Path) -> None:
    """Doing it again gives the same bytes."""
    files = []
    for _ in range(2):
        erase(METHODS["esd_x"], protocol, CONCEPTS["church"], SETTINGS, output)
        files.append((output.read_bytes(), card_path(output).read_bytes()))

    assert files[0] == files[1]


def test_an_edit_that_is_not_finite_is_not_written(protocol: Protocol, output: Path) -> None:
    """A diverged training leaves the good diff that was there as it is."""
    erase(METHODS["uce"], protocol, CONCEPTS["church"], METHODS["uce"].paper, output)
    before = output.read_bytes()
    wild = EsdSettings(steps=30, learning_rate=1e30, wording="prompt")

    with pytest.raises(DivergedError, match="the learning rate with --set learning_rate"):
        erase(METHODS["esd_x"], protocol, CONCEPTS["church"], wild, output)
    assert output.read_bytes() == before


def test_a_tensor_that_is_not_finite_is_named(protocol: Protocol, output: Path) -> None:
    """Whatever a method returns is looked at before it replaces anything."""
    name = "unet.conv_in.bias"
    method = replace(METHODS["uce"], load=lambda: lambda *_: {name: torch.tensor([torch.nan])})

    with pytest.raises(NonFiniteError, match=name):
        erase(method, protocol, CONCEPTS["church"], method.paper, output)
    assert not output.exists()


def test_a_folder_that_cannot_be_written_is_found_out_at_once(
    protocol: Protocol, tmp_path: Path
) -> None:
    """Before anything is trained."""
    (tmp_path / "file").touch()

    with pytest.raises(UnwritableError, match="file"):
        erase(
            METHODS["esd_x"],
            protocol,
            CONCEPTS["church"],
            SETTINGS,
            tmp_path / "file" / "church.safetensors",
        )


def test_a_text_that_is_too_long_is_told(protocol: Protocol, output: Path) -> None:
    """What is preserved is text of the user's."""
    settings = METHODS["uce"].paper.with_overrides([f"preserve={'a windmill ' * 80}"])

    with pytest.raises(PromptTooLongError, match="Shorten it"):
        erase(METHODS["uce"], protocol, CONCEPTS["church"], settings, output)
