"""What goes wrong with files and folders of ours."""

from __future__ import annotations

from pathlib import Path

from erasebench.errors.root import ErasebenchError
from erasebench.errors.wording import printed


class RunFolderError(ErasebenchError):
    """An output folder that cannot be used.

    Attributes:
        folder: the folder.
    """

    def __init__(self, folder: Path, problem: str) -> None:
        """Puts the folder before the problem."""
        self.folder = folder
        super().__init__(f"{printed(folder)}: {problem}")


class RunFolderTakenError(RunFolderError):
    """The folder holds another run.

    Attributes:
        differs: what tells the two runs apart, e.g. `checkpoint` or `batch_size`.
        found: its value in the folder.
        wanted: its value in the run that was asked for.
    """

    def __init__(
        self, folder: Path, *, differs: str, found: str, wanted: str, reason: str = ""
    ) -> None:
        """Says in what the runs differ, and the reason if the difference does not show it."""
        self.differs = differs
        self.found = found
        self.wanted = wanted
        super().__init__(
            folder,
            f"It holds another run: {differs} {found}, not {wanted}. {reason}"
            "Give another folder with --output, or remove this one.",
        )


class RunLockedError(RunFolderError):
    """Another process is at work in the folder."""

    def __init__(self, folder: Path) -> None:
        """Says to wait or to go elsewhere."""
        super().__init__(
            folder,
            "Another process is writing here. Wait until it ends, then run the same command "
            "again to go on from there, or give another folder with --output.",
        )


class DiskFullError(ErasebenchError):
    """No room left.

    Attributes:
        path: what could not be written.
    """

    def __init__(self, path: Path) -> None:
        """Says that nothing recorded is lost."""
        self.path = path
        super().__init__(
            f"The disk is full; {printed(path)} could not be written. What was recorded before "
            "is kept: free some space and run the same command again to go on from there."
        )


class UnwritableError(ErasebenchError):
    """A place in which nothing can be written.

    Attributes:
        path: what could not be written.
        reason: the system's words, e.g. `Permission denied`.
    """

    def __init__(self, path: Path, reason: str) -> None:
        """Says how another place is chosen."""
        self.path = path
        self.reason = reason
        super().__init__(
            f"{printed(path)} cannot be written: {reason}. Make it writable, or choose another "
            "place: with --output, and for the cache with XDG_CACHE_HOME."
        )


class ResultError(ErasebenchError):
    """A result file that does not hold what it must.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Puts the path before the problem, which names the field and what it must hold."""
        self.path = path
        super().__init__(f"{printed(path)}: {problem}")


class SeasonError(ErasebenchError):
    """A season's file that does not hold what it must.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Puts the path before the problem, and says where a good one comes from."""
        self.path = path
        super().__init__(
            f"{printed(path)}: {problem} Such files are written by `erasebench season` alone; take "
            "the one that was published."
        )


class CalibrationError(ErasebenchError):
    """The unedited base's pictures are not recognised here as they were when references were made.

    Attributes:
        found: recognised share here.
        low, high: the interval of the stored share.
        n: pictures.
    """

    def __init__(self, *, found: float, low: float, high: float, n: int) -> None:
        """Tells both and where to look."""
        self.found = found
        self.low = low
        self.high = high
        self.n = n
        super().__init__(
            f"Of {n} pictures that the unedited base drew here, the judge recognises "
            f"{100 * found:.0f} %; by the protocol's references it is {100 * low:.0f} to "
            f"{100 * high:.0f} %. Something else than the submission differs: compare driver and "
            "versions of torch, diffusers and transformers with constraints.txt, or evaluate "
            "with --device cpu."
        )


class ProtocolError(ErasebenchError):
    """A protocol's own parts are not what it pins, or ask for what the benchmark cannot run.

    Attributes:
        part: the model or file, as the protocol names it.
    """

    def __init__(self, part: str, problem: str) -> None:
        """Puts the part before the problem."""
        self.part = part
        super().__init__(f"{part}: {problem}")
