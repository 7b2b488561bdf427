"""The training loop of all parts: seeded, averaged, with checkpoints, resumable."""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn
from tqdm import tqdm

from erasebench.errors import ErasebenchError

CHECKPOINT = "checkpoint.pt"

M = TypeVar("M", bound=nn.Module)


class ScheduleChangedError(ErasebenchError):
    """A checkpoint was made with other settings."""


@dataclass(frozen=True)
class Schedule:
    """Length and rates of a training.

    Attributes:
        steps: number of optimiser steps.
        batch: examples per step.
        peak_rate: maximum learning rate of AdamW, reached after the warm-up.
        warm_up: steps over which the rate rises from 0; afterwards it falls to 0 as a cosine.
        weight_decay: of AdamW.
        average_decay: decay of the moving average, after its initial ramp.
        checkpoint_every: steps between two checkpoints.
    """

    steps: int
    batch: int
    peak_rate: float
    warm_up: int = 200
    weight_decay: float = 0.01
    average_decay: float = 0.998
    checkpoint_every: int = 500

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        progress = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.peak_rate * 0.5 * (1 + math.cos(math.pi * progress))


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Writes a file under a temporary name, syncs it to disk and renames it.

    For content that is too large for `disk.replace_file`, which takes bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    write(unfinished)
    with unfinished.open("rb+") as handle:
        os.fsync(handle.fileno())
    unfinished.replace(path)


class Training(Generic[M]):
    """State of a training, restored from a checkpoint.

    Attributes:
        module: the trained module.
        average: moving average of its parameters and buffers; the result of the training.
        step: finished optimiser steps.
        seconds: time spent in steps, over all starts.
    """

    def __init__(
        self, module: M, schedule: Schedule, generator: torch.Generator, folder: Path
    ) -> None:
        """Starts anew, or resumes from the folder's checkpoint.

        Raises:
            ScheduleChangedError: if that checkpoint was made with another schedule.
        """
        self.module = module.train()
        self.average = copy.deepcopy(module).requires_grad_(False).eval()
        self.step = 0
        self.seconds = 0.0
        self._schedule = schedule
        self._generator = generator
        self._path = folder / CHECKPOINT
        self._optimiser = torch.optim.AdamW(
            module.parameters(),
            lr=schedule.peak_rate,
            betas=(0.9, 0.99),
            weight_decay=schedule.weight_decay,
            fused=True,
        )
        if self._path.exists():
            self._load()

    def run(self, part: str, loss_of: Callable[[torch.Generator], torch.Tensor]) -> M:
        """Runs the remaining steps.

        Args:
            part: name on the progress line.
            loss_of: samples a batch with the given generator and returns its scalar loss.

        Returns:
            The moving average, in evaluation mode.
        """
        steps = self._schedule.steps
        with tqdm(total=steps, initial=self.step, desc=part, mininterval=5, ncols=90) as progress:
            while self.step < steps:
                started = time.perf_counter()
                loss = self._take(loss_of)
                self.seconds += time.perf_counter() - started
                if self.step % 50 == 0:
                    progress.set_postfix(loss=f"{loss:.4f}", refresh=False)
                progress.update()
                if self.step % self._schedule.checkpoint_every == 0 or self.step == steps:
                    self._save()
        return self.average

    def _take(self, loss_of: Callable[[torch.Generator], torch.Tensor]) -> float:
        for group in self._optimiser.param_groups:
            group["lr"] = self._schedule.rate(self.step)
        self._optimiser.zero_grad(set_to_none=True)
        loss = loss_of(self._generator)
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        self._optimiser.step()
        self.step += 1
        self._follow()
        return loss.item()

    @torch.no_grad()
    def _follow(self) -> None:
        # The ramp removes the random initial weights from the average of a short training.
        keep = min(self._schedule.average_decay, self.step / (self.step + 10))
        for mean, now in zip(
            self.average.state_dict().values(), self.module.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - keep)
            else:
                mean.copy_(now)

    def _save(self) -> None:
        state = {
            "schedule": asdict(self._schedule),
            "step": self.step,
            "seconds": self.seconds,
            "module": self.module.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "generator": self._generator.get_state(),
        }
        write_atomically(self._path, lambda path: torch.save(state, path))

    def _load(self) -> None:
        state = read_checkpoint(self._path.parent)
        if state["schedule"] != asdict(self._schedule):
            raise ScheduleChangedError(
                f"{self._path} was made with {state['schedule']} and cannot be resumed with "
                f"{asdict(self._schedule)}; use the same settings, or delete it to start again"
            )
        self.step, self.seconds = state["step"], state["seconds"]
        self.module.load_state_dict(state["module"])
        self.average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._generator.set_state(state["generator"])


def read_checkpoint(folder: Path) -> dict[str, Any]:
    """The checkpoint in the folder of a part, on the CPU.

    Raises:
        FileNotFoundError: if there is none.
    """
    state: dict[str, Any] = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    return state


def with_trained_weights(module: M, folder: Path) -> M:
    """Loads the moving average of a part's checkpoint, for inference."""
    module.load_state_dict(read_checkpoint(folder)["average"])
    return module.requires_grad_(False).eval()
