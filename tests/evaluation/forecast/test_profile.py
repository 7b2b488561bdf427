"""The estimated cost of an evaluation, without generating; and its precision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from erasebench.errors import RequestError
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.forecast.profile import profile
from erasebench.evaluation.plan.request import Compute, request
from erasebench.evaluation.run.loading import load
from erasebench.evaluation.run.models import open_models
from tests.evaluation.tiny_run import TinyWorld


def test_a_profile_draws_and_writes_nothing(world: TinyWorld, tmp_path: Path) -> None:
    """It equals the later run: as many images, on the same device, in the same dtype."""
    asked = request(
        world.edit,
        concepts=("church",),
        probes=("standard_prompt", "noise"),
        limit=2,
        protocol=world.protocol,
        folder=tmp_path / "run",
        compute=Compute(dtype="bfloat16"),
    )
    estimated = profile(asked, tmp_path / "cache", references=None)

    assert list(tmp_path.iterdir()) == []
    result = evaluate(asked, tmp_path / "cache", references=None)
    assert estimated.pictures == sum(one.draws for one in (*result.outcomes, *result.base_outcomes))
    assert estimated.environment == result.checkpoints[0].run.environment
    assert result.checkpoints[0].run.environment.dtype == "bfloat16"
    assert result.checkpoints[0].command.endswith("--dtype bfloat16")
    assert estimated.seconds > 0
    assert 0 < estimated.drawing < estimated.weights * 1000
    for line in ("optimised probes: ", "bfloat16", "on disk"):
        assert line in estimated.report()


def test_a_run_that_goes_on_keeps_its_batches(
    world: TinyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is free when it goes on; a new one takes what fits."""
    asked = request(
        world.edit,
        concepts=("church",),
        probes=("standard_prompt",),
        limit=2,
        protocol=world.protocol,
        folder=tmp_path / "run",
    )
    evaluate(asked, tmp_path / "cache", references=None)
    monkeypatch.setattr("erasebench.evaluation.run.models.free_memory", lambda _: 10**6)
    other = replace(asked, folder=tmp_path / "other")

    assert load(asked, tmp_path / "cache", photographs=None).models.batch_size == 64
    small = load(other, tmp_path / "cache", photographs=None).models
    assert small.batch_size == 1
    assert small.pipeline.rows_per_call == 2


def test_a_cpu_refuses_float16(world: TinyWorld, tmp_path: Path) -> None:
    """It says which dtypes there are; float32 is what bundled bases are computed in."""
    with pytest.raises(RequestError, match="bfloat16"):
        open_models(world.protocol, tmp_path, Compute(dtype="float16"))
    assert open_models(world.protocol, tmp_path).pipeline.dtype == torch.float32
