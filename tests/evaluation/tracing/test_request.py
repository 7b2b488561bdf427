"""What a trace can be asked for, decided from headers and cards."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from erasebench.errors import CheckpointError, RequestError, UnknownNameError
from erasebench.evaluation.tracing.request import checkpoints_in, trace_request
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import UPDATE, Card, DiffHeader
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.tensors import save_tensors
from tests.evaluation.tiny_run import TinyWorld

CARD = Card(method="esd_x", concept="church", settings={"seed": "0"})


def write_checkpoint(folder: Path, update: str, card: Card = CARD, name: str = "") -> Path:
    """A diff of one tensor whose card names its updates."""
    path = folder / f"{name or update}.safetensors"
    settings = {**card.settings, UPDATE: update}
    changed = {"unet.conv_in.bias": torch.full((8,), float(update))}
    write_diff(path, changed, "ba" * 32, card.model_copy(update={"settings": settings}))
    return path


def test_checkpoints_come_in_the_order_of_their_updates(tmp_path: Path) -> None:
    """Not in that of their names; what is no checkpoint is not looked at."""
    for update in ("1000", "20", "300"):
        write_checkpoint(tmp_path, update)
    (tmp_path / "notes.txt").touch()

    found = checkpoints_in(tmp_path)

    assert list(found) == [20, 300, 1000]
    assert found[20].path.name == "20.safetensors"


def test_two_checkpoints_are_no_curve(tmp_path: Path) -> None:
    """The command that makes more is named."""
    for update in ("10", "20"):
        write_checkpoint(tmp_path, update)

    with pytest.raises(
        CheckpointError, match=r"2 checkpoints, but a curve needs at least 3.*--checkpoints"
    ):
        checkpoints_in(tmp_path)


@pytest.mark.parametrize("update", ["0", "ten", "-5", ""])
def test_a_card_without_updates_is_refused(tmp_path: Path, update: str) -> None:
    """Its place on the way is not guessed from its name."""
    settings = {UPDATE: update} if update else {}
    card = CARD.model_copy(update={"settings": settings})
    write_diff(tmp_path / "10.safetensors", {"unet.a": torch.ones(1)}, "ba" * 32, card)

    with pytest.raises(CheckpointError, match="has no number of updates"):
        checkpoints_in(tmp_path)


def test_checkpoints_of_two_trainings_are_refused(tmp_path: Path) -> None:
    """A file that another erasure left there would bend the curve."""
    other = CARD.model_copy(update={"settings": {"seed": "1"}})
    for update, card in (("10", CARD), ("20", other), ("30", CARD)):
        write_checkpoint(tmp_path, update, card)

    with pytest.raises(CheckpointError, match=r"20\.safetensors are not of one training"):
        checkpoints_in(tmp_path)


def test_two_checkpoints_of_one_update_are_refused(tmp_path: Path) -> None:
    """A copy has no place of its own."""
    for update, name in (("10", "a"), ("20", "b"), ("20", "c"), ("30", "d")):
        write_checkpoint(tmp_path, update, name=name)

    with pytest.raises(CheckpointError, match="are not of one training"):
        checkpoints_in(tmp_path)


def test_concept_and_folder_are_the_card_s_and_the_name_s(world: TinyWorld, tmp_path: Path) -> None:
    """Where no other are given; along checkpoints the folder is another one."""
    digest = open_base(world.protocol).digest
    changed = {"unet.conv_in.bias": torch.ones(8)}
    path = tmp_path / "mine.safetensors"
    write_diff(path, changed, digest, CARD)
    along = tmp_path / "mine.checkpoints"
    for update in ("10", "20", "30"):
        write_checkpoint(along, update)

    mixed = trace_request(path, protocol=world.protocol)
    trained = trace_request(path, protocol=world.protocol, along=along)
    other = trace_request(path, protocol=world.protocol, concept="tench", folder=tmp_path / "here")

    assert (mixed.concept.name, mixed.path) == ("church", Path("traces/mine/trace.json"))
    assert trained.path == Path("traces/mine-checkpoints/trace.json")
    assert list(trained.along) == [10, 20, 30]
    assert (other.concept.name, other.path) == ("tench", tmp_path / "here" / "trace.json")


def test_a_concept_must_be_named_and_known(world: TinyWorld) -> None:
    """A checkpoint without a card does not say what it has erased."""
    with pytest.raises(RequestError, match="Name it with --concept"):
        trace_request(world.edit, protocol=world.protocol)
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        trace_request(world.edit, protocol=world.protocol, concept="churhc")


def test_a_prompt_filter_is_refused(world: TinyWorld, tmp_path: Path) -> None:
    """It changes no weight, so nothing lies between the base and it."""
    path = tmp_path / "filter.safetensors"
    base = open_base(world.protocol).digest
    header = DiffHeader(schema_version=1, kind="prompt_filter", base=base, card=CARD)
    save_tensors(path, {}, header.as_metadata())

    with pytest.raises(RequestError, match="changes no tensor"):
        trace_request(path, protocol=world.protocol)
