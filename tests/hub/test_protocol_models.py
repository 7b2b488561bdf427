"""Whose edit a checkpoint is, where protocols share an architecture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.errors import CheckpointError, TensorMismatchError
from erasebench.hub import protocol_models
from erasebench.hub.errors import HubOfflineError
from erasebench.hub.protocol_models import find_protocol
from erasebench.protocol import PROTOCOLS, SD14_V1, ModelPin, Protocol
from erasebench.submission.base_tensors import BaseTensors, open_base
from erasebench.submission.card import Card
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.match import infer_protocol
from tests.tiny import pinned, tiny_pipeline_folder

SD15 = "sd15-v1"
BOTH = r"several protocols: sd14-v1, sd15-v1\. Name one with --protocol"
KEY = "unet.conv_in.bias"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ModelPin:
    """A small pipeline as the base of both protocols."""
    return pinned(tiny_pipeline_folder(tmp_path_factory.mktemp("world") / "base"))


@pytest.fixture(autouse=True)
def second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Protocol:
    """A second protocol of Stable Diffusion 1.x, with a base of its own that is not here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = replace(SD14_V1.base, source="some-org/stable-diffusion-v1-5", revision="0" * 40)
    monkeypatch.setitem(PROTOCOLS, SD15, replace(SD14_V1, name=SD15, base=own))
    assert not PROTOCOLS[SD15].base.is_here
    return PROTOCOLS[SD15]


@pytest.fixture
def checkpoint(base: ModelPin) -> Checkpoint:
    """A pipeline that fits the bases of both."""
    return open_checkpoint(base.folder)


@pytest.fixture
def headers(base: ModelPin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub lists the small pipeline's tensors for every base that is not here."""

    def listed(protocol: Protocol) -> BaseTensors:
        return open_base(replace(protocol, base=base))

    monkeypatch.setattr(protocol_models, "base_of", listed)


def here(monkeypatch: pytest.MonkeyPatch, name: str, base: ModelPin) -> None:
    """Puts the base of a protocol on this machine."""
    monkeypatch.setitem(PROTOCOLS, name, replace(PROTOCOLS[name], base=base))


@pytest.mark.parametrize("name", ["sd14-v1", SD15])
def test_one_base_here_is_not_taken_for_the_only_one(
    name: str, checkpoint: Checkpoint, base: ModelPin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other protocol is of the same architecture, and the Hub need not be asked for it."""
    here(monkeypatch, name, base)

    for choose in (find_protocol, infer_protocol):
        with pytest.raises(CheckpointError, match=r"several protocols: .*--protocol") as refused:
            choose(checkpoint)
        assert all(one in str(refused.value) for one in ("sd14-v1", SD15))


@pytest.mark.usefixtures("headers")
def test_no_base_here_is_no_reason_to_take_the_first(checkpoint: Checkpoint) -> None:
    """Their headers fit alike, so the user must say."""
    with pytest.raises(CheckpointError, match=BOTH):
        find_protocol(checkpoint)


def test_one_that_the_hub_cannot_show_fits_as_well(
    checkpoint: Checkpoint, base: ModelPin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository that is gone leaves its protocol an answer, by its architecture."""

    def listed(protocol: Protocol) -> BaseTensors:
        if protocol.name == "sd14-v1":
            raise HubOfflineError(protocol.base.source, "It is gone.")
        return open_base(replace(protocol, base=base))

    monkeypatch.setattr(protocol_models, "base_of", listed)

    with pytest.raises(CheckpointError, match=BOTH):
        find_protocol(checkpoint)


def test_both_bases_here_are_compared(
    checkpoint: Checkpoint, base: ModelPin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal shapes are an error wherever the files are."""
    for name in ("sd14-v1", SD15):
        here(monkeypatch, name, base)

    with pytest.raises(CheckpointError, match=BOTH):
        find_protocol(checkpoint)


@pytest.mark.usefixtures("headers")
@pytest.mark.parametrize("architecture", ["another", "pictogram"])
def test_another_architecture_is_no_answer(
    architecture: str, checkpoint: Checkpoint, second: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The protocol that fits is the only one of its architecture."""
    monkeypatch.setitem(PROTOCOLS, SD15, replace(second, architecture=architecture))

    assert find_protocol(checkpoint) == SD14_V1


@pytest.mark.usefixtures("headers")
def test_a_diff_names_its_base_by_digest(
    base: ModelPin, second: Protocol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A protocol that pins the digest is the one; where none does, either may be."""
    known = replace(second, base=replace(second.base, tensors_digest="a" * 64))
    monkeypatch.setitem(PROTOCOLS, SD15, known)
    shape = open_base(replace(SD14_V1, base=base)).tensors[KEY].shape
    for digest in ("a", "b"):
        path = tmp_path / f"{digest}.safetensors"
        write_diff(path, {KEY: torch.zeros(shape)}, digest * 64, Card())

    assert find_protocol(open_checkpoint(tmp_path / "a.safetensors")) == known
    with pytest.raises(CheckpointError, match=BOTH):
        find_protocol(open_checkpoint(tmp_path / "b.safetensors"))


def test_what_fits_none_says_how_far_it_is(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest base is the bundled one, and the Hub has nothing to compare with."""

    def listed(protocol: Protocol) -> BaseTensors:
        raise HubOfflineError(protocol.base.source, "It cannot be asked.")

    monkeypatch.setattr(protocol_models, "base_of", listed)

    with pytest.raises(TensorMismatchError, match="the base of pictogram-v1"):
        find_protocol(checkpoint)
