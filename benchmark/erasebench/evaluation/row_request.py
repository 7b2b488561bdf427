"""The evaluation of a whole submission: all requests are checked before the first runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import unfinished
from erasebench.errors import RequestError, RunFolderError, quoted
from erasebench.evaluation.request import RESULT, RUNS, Request

CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints' runs in that of a submission; each has its concept's name."""


@dataclass(frozen=True)
class RowRequest:
    """A checked evaluation of all checkpoints of a submission; made by `row_request`.

    Attributes:
        name: of the entry.
        folder: of all runs and their common result.
        checkpoints: one request per checkpoint.
    """

    name: str
    folder: Path
    checkpoints: tuple[Request, ...]

    @property
    def result(self) -> Path:
        """The common result file."""
        return self.folder / RESULT


def row_folder(name: str, folder: Path | None) -> Path:
    """The folder of a submission's evaluation.

    Args:
        name: of the entry.
        folder: None for `runs/NAME`.
    """
    return RUNS / name if folder is None else folder


def checkpoint_folder(row: Path, concept: str) -> Path:
    """The folder of one checkpoint's run in that of a submission."""
    return row / CHECKPOINTS / concept


def row_request(name: str, folder: Path, checkpoints: Sequence[Request]) -> RowRequest:
    """Checks that requests fit each other and the folder.

    Args:
        name: of the entry.
        folder: see `row_folder`; each request has its `checkpoint_folder`.
        checkpoints: at least one.

    Raises:
        RequestError: if they are edits of different bases.
        RunFolderError: if the folder contains something else.
    """
    names = {one.protocol.name: one.checkpoint.name for one in checkpoints}
    if len(names) > 1:
        found = ", ".join(f"{checkpoint} of {protocol}" for protocol, checkpoint in names.items())
        raise RequestError(
            f"{name} has checkpoints for different bases: {found}. Use a manifest for each, or "
            "choose with --concept."
        )
    ours = (RESULT, unfinished(folder / RESULT).name, CHECKPOINTS)
    strangers = (
        []
        if not folder.is_dir()
        else sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    )
    if strangers:
        raise RunFolderError(
            folder,
            f"The folder contains other files: {quoted(strangers[0])}. Choose a new or empty "
            "folder with --output.",
        )
    return RowRequest(name, folder, tuple(checkpoints))
