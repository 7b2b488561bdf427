"""Takes a submission off the table; its page and its data stay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from erasebench.board.status import Status, set_status
from erasebench.board.submissions import check_submitted


@dataclass(frozen=True)
class Withdrawn:
    """A submission that was withdrawn.

    Attributes:
        path: its status.
        status: what the file holds.
        rows: files of the rows that take no place any more.
    """

    path: Path
    status: Status
    rows: tuple[Path, ...]


def withdraw(
    leaderboard: Path,
    name: str,
    today: date,
    *,
    reason: str,
    link: str | None = None,
    protocols: Collection[str],
) -> Withdrawn:
    """Marks a submission as withdrawn: its rows, under every protocol, take no place.

    Args:
        leaderboard: the folder.
        name: of the submission, which is that of its row.
        today: the day.
        reason: why; it stands beside the row.
        link: address of the issue in which it was asked for.
        protocols: names of all there are.

    Raises:
        UnknownNameError: if the board has neither a row nor a status of that name.
        RequestError: if the reason is empty, or the link is none.
        ResultError, DiskFullError, UnwritableError: see `set_status`.
    """
    own = check_submitted(leaderboard, name, protocols=protocols)
    path, status = set_status(leaderboard, name, "withdrawn", today, reason=reason, link=link)
    return Withdrawn(path, status, own)
