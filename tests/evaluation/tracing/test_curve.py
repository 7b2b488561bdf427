"""Drawing a trace, point by point, on models of random weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.trajectory import BASE, SUBMISSION
from erasebench.errors import RunFolderError
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.tracing import curve
from erasebench.evaluation.tracing.curve import (
    TRACED,
    interpolated,
    trace_checkpoints,
    trace_interpolation,
    traced_seconds,
)
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.protocol import PUBLIC_SEEDS
from erasebench.results.trace import Trace
from erasebench.scoring.panel import load_panel
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.tracing import trace_of
from erasebench.submission.base_tensors import open_base
from erasebench.submission.checkpoint import open_checkpoint
from erasebench.submission.load_changes import load_changed_tensors
from tests.evaluation.tiny_run import TinyWorld

CHURCH = CONCEPTS["church"]

POINTS, SEEDS = 4, 5

FILE, TIMES = "trace-church.safetensors", "trace-church.times.jsonl"


class StoppedError(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def models(world: TinyWorld, tmp_path: Path) -> LoadedModels:
    """Of a protocol with few points and seeds, in batches that no number of seeds fills."""
    protocol = replace(world.protocol, tracing_points=POINTS, tracing_seeds=SEEDS)
    cpu = torch.device("cpu")
    return LoadedModels(
        protocol=protocol,
        pipeline=load_base(protocol, cpu),
        seeds=PUBLIC_SEEDS,
        panel=load_panel(protocol, cpu),
        batch_size=3,
        cache=tmp_path / "cache",
    )


@pytest.fixture(scope="module")
def changed(world: TinyWorld) -> dict[str, torch.Tensor]:
    """Every tensor of UNet and text encoder, edited."""
    return load_changed_tensors(open_checkpoint(world.edit), open_base(world.protocol))


def pictures_of(models: LoadedModels, weights: str) -> npt.NDArray[np.uint8]:
    """What a named set of weights draws for the standard prompt."""
    probe = StandardPrompt()
    return models.pictures(
        [probe.trajectory(models.protocol, CHURCH, seed, 0, weights) for seed in range(SEEDS)]
    )


def test_the_ends_are_the_base_s_and_the_submission_s_own_pictures(
    models: LoadedModels, changed: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """At λ = 0 and 1 embeddings and verdicts are those of what both draw by themselves."""
    trace_interpolation(models, CHURCH, changed, tmp_path)
    traced = load_file(tmp_path / FILE)
    models.pipeline.add_weights(SUBMISSION, changed)

    for place, weights in ((0, BASE), (-1, SUBMISSION)):
        pictures = pictures_of(models, weights)
        judged = models.panel.judge.judge(pictures, [CHURCH] * SEEDS)
        assert torch.equal(traced["embeddings"][place], models.panel.clip.embed(pictures))
        assert traced["hits"][place].tolist() == judged.top1.tolist()
    assert traced["embeddings"].shape[:2] == (POINTS, SEEDS)
    assert not torch.equal(traced["embeddings"][0], traced["embeddings"][-1])


def test_the_curve_is_that_of_what_was_drawn(
    models: LoadedModels, changed: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """λ rises evenly from 0 to 1, and the figures are those of the stored embeddings."""
    trace = trace_interpolation(models, CHURCH, changed, tmp_path)
    traced = load_file(tmp_path / FILE)

    assert [point.position for point in trace.points] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    positions = [point.position for point in trace.points]
    assert trace == trace_of(
        "interpolation",
        "church",
        positions,
        traced["embeddings"].numpy(),
        traced["hits"].numpy(),
        BootstrapWeights(),
    )
    assert trace.points[-1].distance.value > 0


def test_a_mixture_lies_between_and_its_ends_are_exact() -> None:
    """θ0 + λ(θ − θ0) of every changed tensor and no other, whatever precision θ has."""
    generator = torch.Generator().manual_seed(0)
    base = {name: torch.randn(50, generator=generator) for name in ("unet.a", "text_encoder.b")}
    edit = {"text_encoder.b": torch.randn(50, generator=generator).half()}

    quarter, whole, none = (interpolated(base, edit, share) for share in (0.25, 1.0, 0.0))

    theta0, theta = base["text_encoder.b"].double(), edit["text_encoder.b"].double()
    assert set(quarter) == {"text_encoder.b"}
    torch.testing.assert_close(quarter["text_encoder.b"], 0.75 * theta0 + 0.25 * theta)
    assert torch.equal(whole["text_encoder.b"], theta)
    assert torch.equal(none["text_encoder.b"], theta0)


def test_checkpoints_begin_with_the_base(
    models: LoadedModels, changed: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Update 0 is put before them; each checkpoint is drawn with its own tensors."""
    base = models.pipeline.weights(BASE).tensors()
    shares = (0.5, 0.9, 1.0)
    points = {100 * share: partial(interpolated, base, changed, share) for share in shares}
    trace = trace_checkpoints(models, CHURCH, points, tmp_path)
    traced = load_file(tmp_path / FILE)
    models.pipeline.add_weights("half", interpolated(base, changed, 0.5))

    assert (trace.kind, trace.erased) == ("checkpoints", "church")
    assert [point.position for point in trace.points] == [0, 50, 90, 100]
    for place, weights in ((0, BASE), (1, "half")):
        expected = models.panel.clip.embed(pictures_of(models, weights))
        assert torch.equal(traced["embeddings"][place], expected)


def test_weights_are_there_one_set_at_a_time(
    models: LoadedModels,
    changed: dict[str, torch.Tensor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """LoadedRun when their turn comes, and gone after it, also where drawing fails."""
    begun: list[int] = []

    def load(number: int) -> dict[str, torch.Tensor]:
        assert TRACED not in models.pipeline
        begun.append(number)
        return changed

    points = {number: partial(load, number) for number in (1, 2, 3)}
    trace_checkpoints(models, CHURCH, points, tmp_path)
    assert begun == [1, 2, 3]
    assert TRACED not in models.pipeline

    def fail(*_: object) -> None:
        raise StoppedError

    monkeypatch.setattr(LoadedModels, "pictures", fail)
    with pytest.raises(StoppedError):
        trace_interpolation(models, CONCEPTS["tench"], changed, tmp_path)
    assert TRACED not in models.pipeline


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", [1, 3])
def test_stopped_between_points_and_started_again(
    models: LoadedModels,
    changed: dict[str, torch.Tensor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: int,
    moment: str,
) -> None:
    """The same file and the same curve, and no point that was kept is drawn again.

    Each point has one time: of a point that is drawn twice, the second.
    """
    whole = trace_interpolation(models, CHURCH, changed, _folder(tmp_path / "whole"))
    write, calls, folder = curve.write_points, itertools.count(1), _folder(tmp_path / "stopped")

    def stopping(*words: object) -> None:
        number = next(calls)
        if number == call and moment == "before":
            raise StoppedError
        write(*words)  # type: ignore[arg-type]
        if number == call:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(curve, "write_points", stopping)
        with pytest.raises(StoppedError):
            trace_interpolation(models, CHURCH, changed, folder)
    drawn = _count_draws(monkeypatch)
    resumed = trace_interpolation(models, CHURCH, changed, folder)

    kept = call if moment == "after" else call - 1
    assert drawn() == (POINTS - kept) * SEEDS
    assert resumed == whole
    assert (folder / FILE).read_bytes() == (tmp_path / "whole" / FILE).read_bytes()
    assert len((folder / TIMES).read_text().splitlines()) == POINTS


def test_a_finished_trace_draws_nothing(
    models: LoadedModels,
    changed: dict[str, torch.Tensor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked for again, only the figures are made again; what it took is what it took."""
    began = perf_counter()
    first = trace_interpolation(models, CHURCH, changed, tmp_path)
    whole, took = perf_counter() - began, traced_seconds(CHURCH, tmp_path)
    drawn = _count_draws(monkeypatch)

    assert trace_interpolation(models, CHURCH, changed, tmp_path) == first
    assert drawn() == 0
    assert traced_seconds(CHURCH, tmp_path) == took
    # The rest is writing and statistics.
    assert 0 < took < whole


def test_a_style_that_no_judge_knows_has_no_accuracy(
    models: LoadedModels, changed: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """It is traced by its distance alone; where the judge knows styles, it is judged."""
    blind = replace(models, protocol=replace(models.protocol, style_judged=False))

    def judged(one: LoadedModels, folder: str) -> Trace:
        return trace_interpolation(one, CONCEPTS["picasso"], changed, _folder(tmp_path / folder))

    assert {point.judge for point in judged(blind, "blind").points} == {None}
    assert None not in {point.judge for point in judged(models, "seeing").points}


@pytest.mark.parametrize("size", [0, 20])
def test_a_damaged_file_is_an_expected_error(
    models: LoadedModels, changed: dict[str, torch.Tensor], tmp_path: Path, size: int
) -> None:
    """Which folder to remove is said."""
    trace_interpolation(models, CHURCH, changed, tmp_path)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:size])

    with pytest.raises(RunFolderError, match=r"is damaged.*Remove the folder") as refusal:
        trace_interpolation(models, CHURCH, changed, tmp_path)
    assert refusal.value.folder == tmp_path


def test_a_damaged_file_of_times_is_an_expected_error(tmp_path: Path) -> None:
    """Which folder to remove is said."""
    (tmp_path / TIMES).write_text('{"seconds": 1.5}\n{"seconds"}\n')

    with pytest.raises(RunFolderError, match=r"is damaged.*Remove the folder") as refusal:
        traced_seconds(CHURCH, tmp_path)
    assert refusal.value.folder == tmp_path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _count_draws(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Counts the pictures that are drawn from here on."""
    real, drawn = LoadedModels.pictures, [0]

    def counting(models: LoadedModels, trajectories: list[object]) -> object:
        drawn[0] += len(trajectories)
        return real(models, trajectories)  # type: ignore[arg-type]

    monkeypatch.setattr(LoadedModels, "pictures", counting)
    return lambda: drawn[0]
