"""The shared step loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from pictogram_training.stage import (
    Schedule,
    ScheduleChangedError,
    Training,
    read_checkpoint,
    write_atomically,
)

SCHEDULE = Schedule(steps=10, batch=4, peak_rate=0.1, warm_up=3, checkpoint_every=4)


class StoppedError(Exception):
    """Stands for whatever ends a process in the middle."""


def linear() -> nn.Linear:
    """A model whose first weights are known."""
    model = nn.Linear(3, 1)
    nn.init.constant_(model.weight, 0.5)
    nn.init.constant_(model.bias, 0.0)
    return model


def train(folder: Path, stop_after: int | None = None, schedule: Schedule = SCHEDULE) -> Training:
    """Fits a sum on random numbers; may be stopped after some losses of this start."""
    training = Training(linear(), schedule, torch.Generator().manual_seed(1), folder)
    taken = 0

    def loss_of(generator: torch.Generator) -> torch.Tensor:
        nonlocal taken
        if taken == stop_after:
            raise StoppedError
        taken += 1
        inputs = torch.randn(schedule.batch, 3, generator=generator)
        return (training.module(inputs) - inputs.sum(1, keepdim=True)).square().mean()

    training.run("test", loss_of)
    return training


def test_rate_rises_linearly_and_falls_to_zero() -> None:
    """The rate is the peak's third, two thirds and whole in a warm-up of three, and ends at 0."""
    rates = [SCHEDULE.rate(step) for step in range(SCHEDULE.steps + 1)]

    assert rates[:3] == pytest.approx([0.1 / 3, 0.2 / 3, 0.1])
    assert max(rates) == pytest.approx(SCHEDULE.peak_rate)
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("stop_after", [2, 4, 6, 9])
def test_stopped_and_resumed_gives_the_same_weights(tmp_path: Path, stop_after: int) -> None:
    """Wherever it is stopped, the weights end up equal to the unstopped ones, bit for bit."""
    whole = train(tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(tmp_path / "parts", stop_after)

    resumed = train(tmp_path / "parts")

    for name, value in whole.average.state_dict().items():
        assert torch.equal(value, resumed.average.state_dict()[name])
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, resumed.module.state_dict()[name])


def test_finished_training_takes_no_step(tmp_path: Path) -> None:
    """Starting a finished part again leaves its weights as they are and asks for no loss."""
    first = train(tmp_path)

    again = train(tmp_path, stop_after=0)

    assert again.step == SCHEDULE.steps
    assert torch.equal(first.average.weight, again.average.weight)


def test_other_settings_are_refused(tmp_path: Path) -> None:
    """A checkpoint is not continued with another schedule, and the message tells both."""
    train(tmp_path)

    with pytest.raises(ScheduleChangedError, match=r"'steps': 10.*'steps': 12"):
        train(tmp_path, schedule=replace(SCHEDULE, steps=12))


def test_average_is_the_ramped_moving_average(tmp_path: Path) -> None:
    """After two steps the average is the one computed by hand from the weights of each step."""
    schedule = replace(SCHEDULE, steps=2, checkpoint_every=1)
    weights = []
    training = Training(linear(), schedule, torch.Generator().manual_seed(1), tmp_path)

    def loss_of(generator: torch.Generator) -> torch.Tensor:
        weights.append(training.module.weight.detach().clone())
        return training.module(torch.randn(4, 3, generator=generator)).square().mean()

    training.run("test", loss_of)
    weights.append(training.module.weight.detach().clone())
    after_one = weights[0] * (1 / 11) + weights[1] * (10 / 11)
    after_two = after_one * (2 / 12) + weights[2] * (10 / 12)

    torch.testing.assert_close(training.average.weight, after_two)


def test_checkpoint_holds_plain_tensors_only(tmp_path: Path) -> None:
    """A checkpoint is read without unpickling code and tells the steps that were done."""
    train(tmp_path)

    assert read_checkpoint(tmp_path)["step"] == SCHEDULE.steps


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """Where writing fails half way, the file of that name still holds what it held."""
    path = tmp_path / "file"
    path.write_text("old")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("ne")
        raise StoppedError

    with pytest.raises(StoppedError):
        write_atomically(path, fail)

    assert path.read_text() == "old"
