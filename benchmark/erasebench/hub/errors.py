"""Expected failures of manifests and of the Hub; their place in the tree is drawn in `errors`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from erasebench.errors import ErasebenchError
from erasebench.errors.wording import escaped, printed

SHOWN = 20
"""Faults that a message lists before it counts the rest."""


@dataclass(frozen=True)
class Fault:
    """Something in a manifest that must be put right.

    Attributes:
        problem: what was found, is allowed and helps.
        line: where, from 1; None where it is in no line.
    """

    problem: str
    line: int | None = None

    def __str__(self) -> str:
        """The line, where there is one, before the problem."""
        return self.problem if self.line is None else f"line {self.line}: {self.problem}"


class ManifestError(ErasebenchError):
    """A manifest that does not hold what it must.

    Attributes:
        path: the file.
        faults: all that was found, at least one.
    """

    def __init__(self, path: Path, *faults: Fault) -> None:
        """Puts the path before the fault; of several, each has a line, up to `SHOWN` of them."""
        self.path = path
        self.faults = faults
        if len(faults) == 1:
            super().__init__(f"{printed(path)}: {faults[0]}")
            return
        listed = "".join(f"\n  {fault}" for fault in faults[:SHOWN])
        rest = len(faults) - SHOWN
        listed += f"\n  and {rest} more" if rest > 0 else ""
        super().__init__(f"{printed(path)}: {len(faults)} faults{listed}")


class UnpinnedError(ManifestError):
    """A manifest whose commits and files nobody has looked up yet.

    Attributes:
        concepts: those whose checkpoints are not pinned.
    """

    def __init__(self, path: Path, concepts: tuple[str, ...]) -> None:
        """Says which command pins them."""
        self.concepts = concepts
        super().__init__(
            path,
            Fault(
                f"{len(concepts)} of its checkpoints are unpinned ({', '.join(concepts)}). Each "
                "must name a commit, and the digest of every file. Where there is a network, fill "
                f"them in: erasebench pin {shlex.quote(printed(path))}"
            ),
        )


class HubError(ErasebenchError):
    """What the Hub does not give, or gives otherwise than promised.

    Attributes:
        place: repository, revision and path, as far as they are known.
    """

    def __init__(self, place: str, problem: str) -> None:
        """Puts the place before the problem, which says what was found, is allowed and helps.

        Either may hold what the Hub or a repository says, so neither reaches a terminal as it is.
        """
        self.place = place
        super().__init__(escaped(f"{place}: {problem}"))


class HubAccessError(HubError):
    """Gated or private, and closed to whoever asks."""


class HubMissingError(HubError):
    """No such repository, commit or file."""


class HubOfflineError(HubError):
    """Not fetched yet, and the Hub cannot be asked."""


class HubChangedError(HubError):
    """A file that is not the one that its digest names."""
