"""Expected failures of GitHub and of pull requests; the tree is in `errors`."""

from __future__ import annotations

from erasebench.errors import ErasebenchError


class GithubError(ErasebenchError):
    """A failed or unexpected answer of GitHub.

    Attributes:
        place: the requested path.
    """

    def __init__(self, place: str, problem: str) -> None:
        self.place = place
        super().__init__(f"{place}: {problem}")


class NotSubmittedError(ErasebenchError):
    """A pull request or push that is not exactly one manifest."""
