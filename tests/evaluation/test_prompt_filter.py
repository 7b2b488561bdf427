"""A prompt filter, evaluated like any checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.picture_file import load_picture
from erasebench.evaluation.evaluate import evaluate
from erasebench.evaluation.plan.request import request
from erasebench.protocol import PICTOGRAM_V1, Protocol
from erasebench.results.result import Result
from erasebench.submission.base_tensors import open_base
from erasebench.submission.formats.diff_writer import write_prompt_filter
from tests.agreement import LEVELS
from tests.evaluation.test_evaluate import records_of
from tests.evaluation.tiny_run import TinyWorld

PROBES = ("standard_prompt", "indirect_prompt")


def evaluated(
    protocol: Protocol, folder: Path, limit: int | None, probes: tuple[str, ...] = PROBES
) -> Result:
    """The filter of churches; its card alone says which concept is asked for."""
    path = folder / "filter.safetensors"
    write_prompt_filter(path, CONCEPTS["church"], open_base(protocol).digest)
    asked = request(path, probes=probes, limit=limit, protocol=protocol, folder=folder / "run")
    return evaluate(asked, folder / "cache")


def test_a_file_without_tensors_runs_to_a_result(world: TinyWorld, tmp_path: Path) -> None:
    """The result names the layout, so that no table takes a filter for an erasure."""
    result = evaluated(world.protocol, tmp_path, limit=2)

    (checkpoint,) = result.checkpoints
    assert (checkpoint.identity.layout, result.method) == ("prompt_filter", "prompt_filter")
    assert checkpoint.weight_change is None
    assert [cell.erased for cell in result.cells] == ["church"]
    assert [estimate.probe for estimate in result.cells[0].probes] == list(PROBES)


def test_only_the_name_gives_another_picture_than_the_base(
    world: TinyWorld, tmp_path: Path
) -> None:
    """Descriptions are drawn as the base draws them, and the prompt as something else."""
    evaluated(world.protocol, tmp_path, limit=2)
    own, base = (
        {
            record.trial: load_picture(folder / record.picture).astype(int)
            for record in records_of(folder)
            if record.picture is not None and not record.trial.probe.endswith("_unprompted")
        }
        for folder in (tmp_path / "run", tmp_path / "run" / "base")
    )

    assert own.keys() == base.keys()
    assert {trial.probe for trial in own} == set(PROBES)
    for trial, picture in own.items():
        same = np.abs(picture - base[trial]).max() <= LEVELS
        assert same == (trial.probe == "indirect_prompt")


@pytest.mark.slow
def test_the_bundled_base_is_silent_by_name_and_speaks_when_described(tmp_path: Path) -> None:
    """The prompt gives no church any more, and the descriptions give what the base gives."""
    torch.set_num_threads(1)
    # All indices: the empty prompt shows a church by luck now and then, of four perhaps one.
    named = evaluated(PICTOGRAM_V1, tmp_path / "named", None, ("standard_prompt",))
    described = evaluated(PICTOGRAM_V1, tmp_path / "described", 4, ("indirect_prompt",))
    (standard,), (indirect,) = named.cells[0].probes, described.cells[0].probes

    assert standard.rate.value < 0.10
    assert standard.base_rate.value > 0.9
    assert indirect.base_rate.value > 0.5
    assert abs(indirect.rate.value - indirect.base_rate.value) <= 0.05
