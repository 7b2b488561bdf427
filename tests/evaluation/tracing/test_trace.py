"""The whole way from a checkpoint to a trace's file, on models of random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE
from erasebench.errors import CheckpointError, RunFolderTakenError
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.tracing.curve import interpolated
from erasebench.evaluation.tracing.request import TraceRequest, trace_request
from erasebench.evaluation.tracing.trace import trace
from erasebench.results.file import TraceFile
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import UPDATE, Card
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensors import digest_of
from tests.evaluation.tiny_run import TinyWorld

SHARES = {10: 0.2, 20: 0.6, 30: 1.0}
"""Updates of an invented training, and how far it was then."""


@pytest.fixture
def small(world: TinyWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TinyWorld:
    """The world with few points and seeds; what runs share lies in the test's own folder."""
    protocol = replace(world.protocol, tracing_points=4, tracing_seeds=4)
    monkeypatch.setattr(TinyWorld, "protocol", property(lambda _: protocol))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return world


@pytest.fixture
def training(small: TinyWorld, tmp_path: Path) -> Path:
    """A folder of checkpoints that lead straight to the edit."""
    base = load_base(small.protocol, torch.device("cpu")).weights(BASE).tensors()
    opened = open_base(small.protocol)
    changed = load_changed_tensors(open_checkpoint(small.edit), opened)
    for update, share in SHARES.items():
        tensors = interpolated(base, changed, share)
        single = {name: tensor.to(changed[name].dtype) for name, tensor in tensors.items()}
        card = Card(concept="church", settings={UPDATE: str(update)})
        write_diff(tmp_path / "along" / f"{update}.safetensors", single, opened.digest, card)
    return tmp_path / "along"


def asked(world: TinyWorld, folder: Path, along: Path | None = None) -> TraceRequest:
    """A request for the edit's trace."""
    return trace_request(
        world.edit, concept="church", protocol=world.protocol, folder=folder, along=along
    )


def test_the_file_says_whose_curve_it_is(small: TinyWorld, tmp_path: Path) -> None:
    """What is written is what is returned, with protocol, checkpoint and base."""
    made = trace(asked(small, tmp_path / "trace"))
    changed = load_changed_tensors(open_checkpoint(small.edit), open_base(small.protocol))

    assert TraceFile.model_validate_json((tmp_path / "trace" / "trace.json").read_text()) == made
    assert (made.protocol, made.protocol_digest) == ("tiny", small.protocol.digest)
    assert (made.identity.name, made.identity.tensors_digest) == ("edit", digest_of(changed))
    assert made.identity.edited == ("unet", "text_encoder")
    assert (made.trace.kind, len(made.trace.points)) == ("interpolation", 4)


def test_a_second_trace_draws_nothing_and_writes_the_same(
    small: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its points are there."""
    trace(asked(small, tmp_path / "trace"))
    before = (tmp_path / "trace" / "trace.json").read_bytes()
    monkeypatch.setattr(LoadedModels, "pictures", lambda *_: pytest.fail("drew again"))
    trace(asked(small, tmp_path / "trace"))

    assert (tmp_path / "trace" / "trace.json").read_bytes() == before


def test_along_a_training_the_ends_are_those_of_the_interpolation(
    small: TinyWorld, training: Path, tmp_path: Path
) -> None:
    """Base and erased model are the same by either way; what lies between is the training's."""
    mixed = trace(asked(small, tmp_path / "mixed")).trace
    trained = trace(asked(small, tmp_path / "trained", training)).trace

    assert [point.position for point in trained.points] == [0, *SHARES]
    assert trained.kind == "checkpoints"
    ends = [(one.points[0].distance, one.points[-1].distance) for one in (mixed, trained)]
    assert ends[0] == ends[1]


def test_a_training_that_leads_elsewhere_is_refused(
    small: TinyWorld, training: Path, tmp_path: Path
) -> None:
    """Its last checkpoint must be the one that is traced."""
    (training / "30.safetensors").unlink()
    (training / "20.safetensors").rename(training / "30.safetensors")
    opened = open_base(small.protocol)
    card = Card(concept="church", settings={UPDATE: "15"})
    changed = load_changed_tensors(open_checkpoint(training / "10.safetensors"), opened)
    write_diff(training / "15.safetensors", changed, opened.digest, card)

    with pytest.raises(CheckpointError, match="the last checkpoint of its training, but differs"):
        trace(asked(small, tmp_path / "trace", training))


def test_a_folder_of_another_trace_is_refused(
    small: TinyWorld, training: Path, tmp_path: Path
) -> None:
    """Points of one way do not become points of another."""
    trace(asked(small, tmp_path / "trace"))

    with pytest.raises(RunFolderTakenError, match="plan digest"):
        trace(asked(small, tmp_path / "trace", training))
