"""Checkpoints on the way of a training: diffs like its last, after fewer updates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from erasebench.disk import room_for
from erasebench.errors import RequestError
from erasebench.methods.registry import METHODS, Method
from erasebench.methods.settings import Settings
from erasebench.submission.card import UPDATE, Card
from erasebench.submission.diff import write_diff

_NAME = re.compile(r"\d{6}\.safetensors")


@dataclass(frozen=True)
class Checkpoints:
    """Where and when the checkpoints of one training are written.

    Attributes:
        folder: holds them and nothing else, each named after its updates: `000010.safetensors`.
        updates: after how many updates one is written, ascending; the last is the training's end.
        base_digest: digest of the base.
        card: that of the training's end; a checkpoint's names its updates as well.
    """

    folder: Path
    updates: tuple[int, ...]
    base_digest: str
    card: Card

    def keep(self, update: int, tensors: Mapping[str, torch.Tensor]) -> None:
        """Writes a checkpoint, if one is due.

        A training calls it before every update, and so again for the update that it goes on with
        after a kill: the file then gets the same content.

        Args:
            update: updates taken so far.
            tensors: canonical name → what they have made.

        Raises:
            DiskFullError, UnwritableError: if it cannot be written.
        """
        if update in self.updates:
            settings = {**self.card.settings, UPDATE: str(update)}
            card = self.card.model_copy(update={"settings": settings})
            write_diff(self.folder / _name(update), tensors, self.base_digest, card)

    def remove_others(self) -> None:
        """Removes checkpoints of another training that this one will not replace.

        Raises:
            UnwritableError: if one cannot be removed.
        """
        own = {_name(update) for update in self.updates}
        for path in self.folder.glob("*"):
            if _NAME.fullmatch(path.name) and path.name not in own:
                with room_for(path):
                    path.unlink()


def checkpoint_updates(method: Method, settings: Settings, count: int) -> tuple[int, ...]:
    """After how many updates a number of evenly spaced checkpoints is taken, the end included.

    Raises:
        RequestError: if the method does not train, or takes fewer updates than that.
    """
    if settings.updates is None:
        training = ", ".join(
            other.name for other in METHODS.values() if other.paper.updates is not None
        )
        raise RequestError(
            f"{method.name} finds its edit in one step, so there are no checkpoints on the way. "
            f"Leave --checkpoints out, or erase with one of: {training}."
        )
    if count > settings.updates:
        raise RequestError(
            f"A training of {settings.updates} updates passes no {count} checkpoints. "
            f"Give --checkpoints {settings.updates} at most, or more updates with --set steps=N."
        )
    return tuple(settings.updates * number // count for number in range(1, count + 1))


def checkpoints_folder(output: Path) -> Path:
    """Where the checkpoints of a diff's training lie."""
    return output.with_suffix(".checkpoints")


def _name(update: int) -> str:
    return f"{update:06d}.safetensors"
