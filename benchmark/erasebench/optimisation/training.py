"""A training of some tensors that keeps on disk how far it has got, so that a kill costs little."""

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
"""What a kill can cost, at most."""

AfterUpdate = Callable[[int, Mapping[str, torch.Tensor]], None]
"""Called with the updates taken so far, and with what is trained as it stands, by name."""


def nothing(_update: int, _tensors: Mapping[str, torch.Tensor]) -> None:
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
        """Starts anew, or where a file of progress left off.

        Args:
            parameters: name → what is trained, in place.
            optimiser: a new one, of these parameters in this order.
            progress: the file; it belongs to this training alone.
        """
        self.updates = 0
        self._parameters = {
            name: parameter.requires_grad_() for name, parameter in parameters.items()
        }
        self._optimiser = optimiser
        self._progress = progress
        self._resume()

    def run(
        self,
        updates: int,
        loss_of: Callable[[int], torch.Tensor],
        label: str,
        after_update: AfterUpdate = nothing,
    ) -> None:
        """Takes what is left of a number of updates, and shows how it goes.

        Args:
            updates: how many in all, those before a restart included.
            loss_of: see `take`.
            label: what the progress bar calls it.
            after_update: called after each update, and for the one that a restart resumes from.

        Raises:
            DivergedError: if a loss is not finite.
            DiskFullError: if progress cannot be kept.
        """
        with tqdm(total=updates, initial=self.updates, desc=label, ncols=90) as bar:
            # The kill may have come between progress and the call.
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
            loss_of: gives an update's loss, a scalar, by the update's number; whatever is random
                in it may depend on that number alone, so that a restart repeats it.

        Returns:
            The loss before the update.

        Raises:
            DivergedError: if the loss is not finite.
            DiskFullError: if progress cannot be kept.
        """
        self._optimiser.zero_grad()
        loss = loss_of(self.updates)
        if not loss.isfinite():
            raise DivergedError(self.updates)
        loss.backward()
        self._optimiser.step()
        self.updates += 1
        if self.updates % UPDATES_BETWEEN_SAVES == 0:
            self._save()
        return loss.item()

    def tensors(self) -> dict[str, torch.Tensor]:
        """What is trained, as it stands, copied."""
        return {name: tensor.detach().clone() for name, tensor in self._parameters.items()}

    def _save(self) -> None:
        write_progress(
            self._progress,
            {
                "updates": self.updates,
                "tensors": self.tensors(),
                "optimiser": self._optimiser.state_dict(),
            },
        )

    def _resume(self) -> None:
        state = read_progress(self._progress)
        if state is None:
            return
        self.updates = state["updates"]
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                parameter.copy_(state["tensors"][name])
        self._optimiser.load_state_dict(state["optimiser"])


def write_progress(path: Path, state: Mapping[str, Any]) -> None:
    """Keeps a state of tensors and plain values; at any moment the file is the old or the new.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written.
    """
    content = io.BytesIO()
    torch.save(dict(state), content)
    replace_file(path, content.getvalue())


def read_progress(path: Path) -> dict[str, Any] | None:
    """The state as it was kept, its tensors on the CPU; None if there is none."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
