"""Expected failures of manifests; the tree is in `errors`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import ErasebenchError
from erasebench.errors.wording import MOST_FAULTS, printed


@dataclass(frozen=True)
class Fault:
    """Something in a manifest that must be fixed.

    Attributes:
        problem: what was found, what is allowed, what to do.
        line: from 1; None if it belongs to no line.
    """

    problem: str
    line: int | None = None

    def __str__(self) -> str:
        """The line, if any, and the problem."""
        return self.problem if self.line is None else f"line {self.line}: {self.problem}"


class ManifestError(ErasebenchError):
    """An invalid manifest.

    Attributes:
        path: the file.
        faults: all faults, at least one; the message lists the first `MOST_FAULTS`.
    """

    def __init__(self, path: Path, *faults: Fault) -> None:
        self.path = path
        self.faults = faults
        text = str(faults[0])
        if len(faults) > 1:
            rest = len(faults) - MOST_FAULTS
            listed = [*map(str, faults[:MOST_FAULTS]), *([f"and {rest} more"] if rest > 0 else [])]
            text = "\n  ".join([f"{len(faults)} faults", *listed])
        super().__init__(f"{printed(path)}: {text}")


class UnpinnedError(ManifestError):
    """A manifest without commits and files.

    Attributes:
        concepts: those whose checkpoints are not pinned.
    """

    def __init__(self, path: Path, concepts: tuple[str, ...]) -> None:
        self.concepts = concepts
        super().__init__(
            path,
            Fault(
                f"{len(concepts)} checkpoints are unpinned ({', '.join(concepts)}). Each needs a "
                "commit and the digest of every file. Fill them in (online): "
                f"erasebench pin {shlex.quote(printed(path))}"
            ),
        )
