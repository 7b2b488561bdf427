"""Adam on a few tensors, keeping on disk how far it has got, so that a killed run goes on."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from erasebench.disk import replace_file

UPDATES_BETWEEN_SAVES = 25
"""What a kill can cost, at most."""


class Training:
    """Tensors in training.

    Attributes:
        updates: updates taken so far, those before a restart included.
    """

    def __init__(
        self, parameters: Mapping[str, torch.nn.Parameter], learning_rate: float, progress: Path
    ) -> None:
        """Starts anew, or where a file of progress left off.

        Args:
            parameters: name → what is trained, in place.
            learning_rate: Adam's, the same for every update.
            progress: the file; it belongs to this training alone.
        """
        self.updates = 0
        self._parameters = {
            name: parameter.requires_grad_() for name, parameter in parameters.items()
        }
        self._optimiser = torch.optim.Adam(self._parameters.values(), lr=learning_rate)
        self._progress = progress
        if progress.exists():
            self._resume()

    def take(self, loss_of: Callable[[int], torch.Tensor]) -> float:
        """Takes one update.

        Args:
            loss_of: gives an update's loss, a scalar, by the update's number; whatever is random
                in it may depend on that number alone, so that a restart repeats it.

        Returns:
            The loss before the update.

        Raises:
            DiskFullError: if progress cannot be kept.
        """
        self._optimiser.zero_grad()
        loss = loss_of(self.updates)
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
        state = {
            "updates": self.updates,
            "tensors": self.tensors(),
            "optimiser": self._optimiser.state_dict(),
        }
        content = io.BytesIO()
        torch.save(state, content)
        replace_file(self._progress, content.getvalue())

    def _resume(self) -> None:
        state = torch.load(self._progress, map_location="cpu", weights_only=True)
        self.updates = state["updates"]
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                parameter.copy_(state["tensors"][name])
        self._optimiser.load_state_dict(state["optimiser"])
