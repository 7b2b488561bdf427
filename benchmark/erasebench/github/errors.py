"""Expected failures of GitHub and of what is submitted there; their place is drawn in `errors`."""

from __future__ import annotations

from erasebench.errors import ErasebenchError


class GithubError(ErasebenchError):
    """What GitHub does not give, or gives otherwise than it must.

    Attributes:
        place: what was asked for.
    """

    def __init__(self, place: str, problem: str) -> None:
        """Puts the place before the problem, which says what was found and helps."""
        self.place = place
        super().__init__(f"{place}: {problem}")


class NotSubmittedError(ErasebenchError):
    """A pull request or push that does not hand in one manifest and nothing else."""
