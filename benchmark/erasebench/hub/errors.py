"""Expected failures of the Hub; the tree is in `errors`."""

from __future__ import annotations

from erasebench.errors import ErasebenchError
from erasebench.errors.wording import escaped


class HubError(ErasebenchError):
    """A failed or unexpected answer of the Hub.

    Attributes:
        place: repository, revision and path, as far as known.
    """

    def __init__(self, place: str, problem: str) -> None:
        self.place = place
        # Both may contain text by others.
        super().__init__(escaped(f"{place}: {problem}"))


class HubAccessError(HubError):
    """Gated or private, and access denied."""


class HubMissingError(HubError):
    """No such repository, commit or file."""


class HubOfflineError(HubError):
    """Not downloaded yet, and the Hub cannot be reached."""


class HubChangedError(HubError):
    """A file with another digest than pinned."""
