"""Checkpoints along a training: diffs like the final one, after fewer updates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from erasebench.disk import writing
from erasebench.submission.card import UPDATE, Card
from erasebench.submission.formats.diff_writer import write_diff

_NAME = re.compile(r"\d{6}\.safetensors")


@dataclass(frozen=True)
class Checkpoints:
    """Writes the checkpoints of one training.

    Attributes:
        folder: holds only them, each named after its updates: `000010.safetensors`.
        updates: numbers of updates after which one is written, ascending, the end included.
        base_digest: digest of the base.
        card: of the final diff; a checkpoint's card adds its number of updates.
    """

    folder: Path
    updates: tuple[int, ...]
    base_digest: str
    card: Card

    def keep(self, update: int, tensors: Mapping[str, torch.Tensor]) -> None:
        """Writes a checkpoint, if one is due; see `Erasure.keep`.

        After a kill it is called again for the update that the training resumes from: the file
        then gets the same content.
        """
        if update in self.updates:
            settings = {**self.card.settings, UPDATE: str(update)}
            card = self.card.model_copy(update={"settings": settings})
            write_diff(self.folder / _name(update), tensors, self.base_digest, card)

    def remove_all(self) -> None:
        """Removes the checkpoints of an earlier training.

        Raises:
            UnwritableError: if one cannot be removed.
        """
        for path in self.folder.glob("*"):
            if _NAME.fullmatch(path.name):
                with writing(path):
                    path.unlink()

    def missing(self) -> tuple[int, ...]:
        """Numbers of updates before the end after which no checkpoint was written."""
        return tuple(one for one in self.updates[:-1] if not (self.folder / _name(one)).exists())


def checkpoints_folder(output: Path) -> Path:
    """Folder of the checkpoints of a diff's training."""
    return output.with_suffix(".checkpoints")


def _name(update: int) -> str:
    return f"{update:06d}.safetensors"
