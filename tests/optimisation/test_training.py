"""A training's updates, its numbers, and going on after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from erasebench.errors import DivergedError
from erasebench.optimisation import training
from erasebench.optimisation.training import Training


def started(progress: Path) -> tuple[Training, torch.nn.Parameter]:
    """A training of three numbers by AdamW."""
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    optimiser = torch.optim.AdamW([parameter], lr=0.1, weight_decay=0.01)
    return Training({"numbers": parameter}, optimiser, progress), parameter


def loss_of(parameter: torch.nn.Parameter, update: int) -> torch.Tensor:
    """Another bowl at every update, so that no update can be left out or taken twice."""
    return (parameter - update).square().sum()


def test_updates_are_those_of_the_optimiser(tmp_path: Path) -> None:
    """What is trained ends where a plain loop over the optimiser brings it."""
    one, parameter = started(tmp_path / "progress")
    one.run(7, lambda update: loss_of(parameter, update), "training")

    plain = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    optimiser = torch.optim.AdamW([plain], lr=0.1, weight_decay=0.01)
    for update in range(7):
        optimiser.zero_grad()
        loss_of(plain, update).backward()
        optimiser.step()

    assert one.updates == 7
    assert torch.equal(one.tensors()["numbers"], plain)


@pytest.mark.parametrize("stopped_at", [1, 4, 5])
def test_a_killed_training_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped_at: int
) -> None:
    """Stopped anywhere and started again, it ends as one that was never stopped."""
    monkeypatch.setattr(training, "UPDATES_BETWEEN_SAVES", 2)
    whole, parameter = started(tmp_path / "whole")
    whole.run(7, lambda update: loss_of(parameter, update), "training")

    killed, its_parameter = started(tmp_path / "killed")
    killed.run(stopped_at, lambda update: loss_of(its_parameter, update), "training")
    resumed, parameter_again = started(tmp_path / "killed")
    first = resumed.updates
    resumed.run(7, lambda update: loss_of(parameter_again, update), "training")

    assert first == stopped_at // 2 * 2
    assert torch.equal(resumed.tensors()["numbers"], whole.tensors()["numbers"])


def test_what_is_kept_is_three_times_what_is_trained(tmp_path: Path) -> None:
    """The tensors and two moments of each, which is what the forecast of a run counts on."""
    parameter = torch.nn.Parameter(torch.zeros(100_000))
    one = Training({"numbers": parameter}, torch.optim.AdamW([parameter]), tmp_path / "progress")
    one.run(training.UPDATES_BETWEEN_SAVES, lambda update: loss_of(parameter, update), "training")

    trained = parameter.numel() * parameter.element_size()
    assert 3 * trained < (tmp_path / "progress").stat().st_size < 3.02 * trained


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    """The error names the update, and the tensors are as they were before it."""
    one, parameter = started(tmp_path / "progress")

    with pytest.raises(DivergedError, match="at update 0"):
        one.take(lambda _: (parameter * torch.nan).sum())
    assert torch.equal(one.tensors()["numbers"], torch.tensor([1.0, -2.0, 3.0]))
