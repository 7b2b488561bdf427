"""Failures of files and folders that erasebench writes or ships."""

from __future__ import annotations

from pathlib import Path

from erasebench.errors.base import ErasebenchError, PathError
from erasebench.errors.wording import printed


class RunFolderError(ErasebenchError):
    """An output folder that cannot be used.

    Attributes:
        folder: the folder.
    """

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder = folder
        super().__init__(f"{printed(folder)}: {problem}")


class RunFolderTakenError(RunFolderError):
    """The folder holds another run.

    Attributes:
        differs: the field in which the two runs differ, e.g. `checkpoint` or `batch_size`.
        found: its value in the folder.
        wanted: its value in the requested run.
    """

    def __init__(
        self, folder: Path, *, differs: str, found: str, wanted: str, reason: str = ""
    ) -> None:
        self.differs = differs
        self.found = found
        self.wanted = wanted
        super().__init__(
            folder,
            f"The folder holds another run: {differs} {found}, not {wanted}. {reason}"
            "Choose another folder with --output, or remove this one.",
        )


class RunLockedError(RunFolderError):
    """Another process uses the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder,
            "Another process is writing to this folder. Wait until it ends and run the same "
            "command again to resume, or choose another folder with --output.",
        )


class DiskFullError(ErasebenchError):
    """No space left.

    Attributes:
        path: the file or folder that could not be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"The disk is full; {printed(path)} could not be written. Earlier records are kept: "
            "free some space and run the same command again to resume."
        )


class UnwritableError(ErasebenchError):
    """A path that cannot be written.

    Attributes:
        path: the file or folder.
        reason: the system's message, e.g. `Permission denied`.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"{printed(path)} cannot be written: {reason}. Make it writable, or choose another "
            "path with --output (for the cache: XDG_CACHE_HOME)."
        )


class ResultError(PathError):
    """An invalid result file; the message names the field and its allowed values."""


class SeasonError(PathError):
    """An invalid season file."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            path, f"{problem} Only `erasebench season` writes such files; use the published one."
        )


class CalibrationError(ErasebenchError):
    """The base's recovery rate on this machine is outside the interval of the reference.

    Attributes:
        found: rate on this machine.
        low, high: interval of the reference.
        n: images.
    """

    def __init__(self, *, found: float, low: float, high: float, n: int) -> None:
        self.found = found
        self.low = low
        self.high = high
        self.n = n
        super().__init__(
            f"Calibration failed: the judge recognises {100 * found:.0f} % of {n} images of the "
            f"original model; the reference is [{100 * low:.0f}, {100 * high:.0f}]. The difference "
            "is not due to the submission: compare driver and versions of torch, diffusers and "
            "transformers with constraints.txt, or evaluate with --device cpu."
        )


class ProtocolError(ErasebenchError):
    """A model or file of a protocol differs from its pin, or needs what erasebench cannot run.

    Attributes:
        part: the model or file, as named in the protocol.
    """

    def __init__(self, part: str, problem: str) -> None:
        self.part = part
        super().__init__(f"{part}: {problem}")
