"""The list of submissions, and their withdrawal."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from erasebench.board.entries import Entry
from erasebench.board.status import STATUS, State, Status, set_status, slug_of
from erasebench.errors import RequestError, UnknownNameError, quoted


@dataclass(frozen=True)
class Submission:
    """One line of the list.

    Attributes:
        name: of its manifest.
        state: its status.
        status: its steps; None without a status file.
        pages: of its rows, from the top of the site, by protocol.
    """

    name: str
    state: State
    status: Status | None
    pages: dict[str, str]


@dataclass(frozen=True)
class Withdrawn:
    """A submission that was withdrawn.

    Attributes:
        path: the status file.
        status: its content.
        rows: files of the rows that are not ranked any more.
    """

    path: Path
    status: Status
    rows: tuple[Path, ...]


def check_distinct(name: str, others: Iterable[str]) -> None:
    """Refuses a submission whose row and status would have the path of another's.

    Args:
        name: of its manifest.
        others: existing names; its own may be among them.

    Raises:
        RequestError: names the other.
    """
    for other in others:
        if other != name and slug_of(other) == slug_of(name):
            raise RequestError(
                f"{quoted(name)} and the existing {quoted(other)} differ only in special "
                "characters, so their rows would have the same path. Choose another name."
            )


def check_submitted(
    leaderboard: Path, name: str, manifests: Iterable[str] = (), *, protocols: Collection[str]
) -> tuple[Path, ...]:
    """Refuses a name without manifest, row or status.

    Args:
        leaderboard: the folder of rows and statuses.
        name: of a submission.
        manifests: names of submitted manifests.
        protocols: names of all protocols.

    Returns:
        Files of its rows, under every protocol.

    Raises:
        UnknownNameError: suggests the nearest name.
        RequestError: if it differs from a manifest's name only in special characters.
    """
    manifests = tuple(manifests)
    check_distinct(name, manifests)
    rows = [path for one in sorted(protocols) for path in (leaderboard / one).glob("*.json")]
    statuses = (leaderboard / STATUS).glob("*.json")
    known = {path.stem: path.stem for path in (*rows, *statuses)}
    known |= {slug_of(one): one for one in manifests}
    if slug_of(name) not in known:
        raise UnknownNameError("submission", name, tuple(sorted(known.values())))
    return tuple(path for path in rows if path.stem == slug_of(name))


def list_submissions(
    manifests: Iterable[str], statuses: Iterable[Status], entries: Iterable[Entry]
) -> tuple[Submission, ...]:
    """Every submission, sorted by name.

    Args:
        manifests: names of submitted manifests.
        statuses: known statuses; one without a manifest is listed as well.
        entries: rows that the list links.
    """
    known = {slug_of(status.name): status for status in statuses}
    names = {slug_of(name): name for name in manifests} | {
        slug: status.name for slug, status in known.items()
    }
    pages: dict[str, dict[str, str]] = {}
    for entry in entries:
        pages.setdefault(entry.slug, {})[entry.result.protocol] = f"{entry.place}.html"
    submissions = []
    for slug, name in sorted(names.items()):
        status, own = known.get(slug), pages.get(slug, {})
        # A row that was added by hand has no status file.
        state = status.state if status is not None else "scored" if own else "received"
        submissions.append(Submission(name, state, status, own))
    return tuple(submissions)


def withdraw(
    leaderboard: Path,
    name: str,
    today: date,
    *,
    reason: str,
    link: str | None = None,
    protocols: Collection[str],
) -> Withdrawn:
    """Marks a submission as withdrawn: its rows, under every protocol, are not ranked any more.

    Its page and its data stay.

    Args:
        leaderboard: the folder.
        name: of the submission.
        today: the date.
        reason: published with the row.
        link: address of the issue with the request.
        protocols: names of all protocols.

    Raises:
        UnknownNameError: if the board has neither a row nor a status of that name.
        RequestError: if the reason is empty, or the link is invalid.
        ResultError, DiskFullError, UnwritableError: see `set_status`.
    """
    own = check_submitted(leaderboard, name, protocols=protocols)
    path, status = set_status(leaderboard, name, "withdrawn", today, reason=reason, link=link)
    return Withdrawn(path, status, own)
