"""A training that saves its progress, so that it resumes after a kill."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from erasebench.disk import replace_file
from erasebench.errors import DivergedError

UPDATES_BETWEEN_SAVES = 25
"""A kill costs at most this many."""

AfterUpdate = Callable[[int, Mapping[str, torch.Tensor]], None]
"""Called with the updates taken so far, and with the trained tensors as they are, by name."""


def no_hook(_update: int, _tensors: Mapping[str, torch.Tensor]) -> None:
    """The hook of a training that needs none."""


class Training:
    """Tensors in training.

    Attributes:
        updates: updates taken so far, those before a restart included.
    """

    def __init__(
        self,
        parameters: Mapping[str, torch.nn.Parameter],
        optimiser: torch.optim.Optimizer,
        progress: Path,
    ) -> None:
        """Starts, or resumes from a file of progress.

        Args:
            parameters: by name; trained in place.
            optimiser: a new one, of these parameters in this order.
            progress: the file; it belongs to this training alone.
        """
        self.updates = 0
        self._parameters = {
            name: parameter.requires_grad_() for name, parameter in parameters.items()
        }
        self._optimiser = optimiser
        self._progress = progress
        if (state := read_progress(progress)) is None:
            return
        self.updates = state["updates"]
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                parameter.copy_(state["tensors"][name])
        optimiser.load_state_dict(state["optimiser"])

    def run(
        self,
        updates: int,
        loss_of: Callable[[int], torch.Tensor],
        label: str,
        after_update: AfterUpdate = no_hook,
    ) -> None:
        """Takes the remaining updates, with a progress bar.

        Args:
            updates: how many in all, those before a restart included.
            loss_of: see `take`.
            label: of the progress bar.
            after_update: called after each update, and for the one that a restart resumes from.

        Raises:
            DivergedError: if a loss is not finite.
            DiskFullError: if progress cannot be written.
        """
        with tqdm(total=updates, initial=self.updates, desc=label, ncols=90) as bar:
            # The kill may have come after the progress was saved and before the call.
            if self.updates:
                after_update(self.updates, self._parameters)
            while self.updates < updates:
                loss = self.take(loss_of)
                after_update(self.updates, self._parameters)
                bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
                bar.update()

    def take(self, loss_of: Callable[[int], torch.Tensor]) -> float:
        """Takes one update.

        Args:
            loss_of: number of the update → its loss, a scalar; randomness may depend only on that
                number, so that a restart repeats it.

        Returns:
            The loss before the update.

        Raises:
            DivergedError: if the loss is not finite.
            DiskFullError: if progress cannot be written.
        """
        self._optimiser.zero_grad()
        loss = loss_of(self.updates)
        if not loss.isfinite():
            raise DivergedError(self.updates)
        loss.backward()
        self._optimiser.step()
        self.updates += 1
        if self.updates % UPDATES_BETWEEN_SAVES == 0:
            write_progress(
                self._progress,
                {
                    "updates": self.updates,
                    "tensors": self.tensors(),
                    "optimiser": self._optimiser.state_dict(),
                },
            )
        return loss.item()

    def tensors(self) -> dict[str, torch.Tensor]:
        """Copies of the parameters."""
        return {name: tensor.detach().clone() for name, tensor in self._parameters.items()}


def write_progress(path: Path, state: Mapping[str, Any]) -> None:
    """Writes a state of tensors and plain values; the file is always the old or the new one.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    content = io.BytesIO()
    torch.save(dict(state), content)
    replace_file(path, content.getvalue())


def read_progress(path: Path) -> dict[str, Any] | None:
    """The saved state, its tensors on the CPU; None if there is none."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
