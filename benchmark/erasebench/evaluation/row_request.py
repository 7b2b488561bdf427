"""What is asked of a whole submission: every request is checked before the first runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from erasebench.disk import unfinished
from erasebench.errors import RequestError, RunFolderError, quoted
from erasebench.evaluation.request import RESULT, RUNS, Request

CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints' runs inside that of a submission; each is called after its concept."""


@dataclass(frozen=True)
class RowRequest:
    """An evaluation of all checkpoints of a submission that can begin; made by `row_request`.

    Attributes:
        name: of the row.
        folder: holds the folder of each checkpoint's run, and the result of all.
        checkpoints: one request each.
    """

    name: str
    folder: Path
    checkpoints: tuple[Request, ...]

    @property
    def result(self) -> Path:
        """Where the result of all is written."""
        return self.folder / RESULT


def row_folder(name: str, folder: Path | None) -> Path:
    """The folder of a submission's evaluation.

    Args:
        name: of the row.
        folder: the one that was asked for; None for one in `runs` that bears the name.
    """
    return RUNS / name if folder is None else folder


def checkpoint_folder(row: Path, concept: str) -> Path:
    """The folder of one checkpoint's run inside that of a submission."""
    return row / CHECKPOINTS / concept


def row_request(name: str, folder: Path, checkpoints: Sequence[Request]) -> RowRequest:
    """Checks requests against each other, and the folder.

    Args:
        name: of the row.
        folder: as of `row_folder`; each request's folder is one of `checkpoint_folder`.
        checkpoints: at least one.

    Raises:
        RequestError: if they are edits of different bases.
        RunFolderError: if the folder holds something else.
    """
    names = {one.protocol.name: one.checkpoint.name for one in checkpoints}
    if len(names) > 1:
        found = ", ".join(f"{checkpoint} of {protocol}" for protocol, checkpoint in names.items())
        raise RequestError(
            f"{name} has checkpoints of different protocols' bases: {found}. Give each its own "
            "manifest, or choose with --concept."
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
            f"It holds something that is no evaluation of a manifest: {quoted(strangers[0])}. "
            "Give a new or an empty folder with --output.",
        )
    return RowRequest(name, folder, tuple(checkpoints))
