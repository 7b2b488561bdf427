"""Where each submission stands: a small file beside the rows, which workflows and people write.

`leaderboard/status/<submission>.json`. A manifest without one was received, and that is all.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from erasebench.disk import replace_file
from erasebench.errors import RequestError, ResultError, quoted
from erasebench.errors.wording import LONGEST_REASON, one_line
from erasebench.results.declaration import Address

STATUS = "status"
"""Folder of the files inside a leaderboard's."""

State = Literal["received", "valid", "queued", "scored", "failed", "withdrawn"]
"""What has happened to a submission last."""

MEANINGS: Final[dict[State, str]] = {
    "received": "It was handed in, and nothing more is known.",
    "valid": "Its manifest and the headers of its files are as they must be.",
    "queued": "It waits for the GPU machine, or is evaluated there.",
    "scored": "It has a row.",
    "failed": "It was not evaluated to the end; the reason says why.",
    "withdrawn": "Its row takes no place any more; it keeps its page and its data.",
}
"""What each says."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")

_WANT_A_REASON = ("failed", "withdrawn")

Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Step(BaseModel):
    """One state that a submission was in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State = Field(description="What happened.")
    since: date = Field(description="The day, UTC.")
    reason: Reason | None = Field(None, description="Why it failed or was withdrawn, in words.")
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = Field(
        None, description="Of the repository, at which it happened."
    )
    link: Address | None = Field(
        None, description="Page of the run, pull request or issue that tells more."
    )

    @model_validator(mode="after")
    def _has_its_reason(self) -> Self:
        if self.state in _WANT_A_REASON and self.reason is None:
            raise ValueError(f"what is {self.state} has a reason")
        return self


class Status(Step):
    """Where a submission stands, and how it came there."""

    schema_version: Literal[1] = Field(1, description="Version of this schema.")
    name: str = Field(description="The submission's: its manifest's file without the ending.")
    history: tuple[Step, ...] = Field((), description="What happened before, oldest first.")

    @property
    def last(self) -> Step:
        """What happened last, alone."""
        return Step(**{field: getattr(self, field) for field in Step.model_fields})

    @property
    def withdrawn(self) -> Step | None:
        """Why its row takes no place; None where it was not withdrawn, or was scored since.

        What is handed in again under the same name waits, or fails, beside the old row.
        """
        for step in (self.last, *reversed(self.history)):
            if step.state in ("scored", "withdrawn"):
                return step if step.state == "withdrawn" else None
        return None

    def then(self, step: Step) -> Status:
        """The same after one more step; itself where nothing new has happened."""
        if step.model_copy(update={"since": self.since}) == self.last:
            return self
        return Status(**dict(step), name=self.name, history=(*self.history, self.last))


def slug_of(name: str) -> str:
    """The name that stands in paths: letters, digits, hyphens and underscores only."""
    return _UNSAFE.sub("-", name).strip("-") or "unnamed"


def status_path(leaderboard: Path, name: str) -> Path:
    """Where the status of a submission lies."""
    return leaderboard / STATUS / f"{slug_of(name)}.json"


def read_status(path: Path) -> Status | None:
    """Reads a status; None where there is none.

    Raises:
        ResultError: if the file does not hold what it must; names the field.
    """
    if not path.exists():
        return None
    try:
        status = Status.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "status"
        raise ResultError(
            path,
            f"Field {field} is wrong: {first['msg']}. Write it with `erasebench board status`.",
        ) from error
    if slug_of(status.name) != path.stem:
        raise ResultError(
            path, f"It is the status of {status.name!r}; a file is called as its submission."
        )
    return status


def read_statuses(leaderboard: Path) -> tuple[Status, ...]:
    """Every status of a leaderboard, sorted by name; see `read_status`."""
    paths = sorted((leaderboard / STATUS).glob("*.json"))
    return tuple(status for path in paths if (status := read_status(path)) is not None)


def set_status(
    leaderboard: Path,
    name: str,
    state: str,
    today: date,
    *,
    reason: str | None = None,
    commit: str | None = None,
    link: str | None = None,
) -> tuple[Path, Status]:
    """Writes what has happened to a submission; what happened before stays in its file.

    Args:
        leaderboard: the folder.
        name: of the submission.
        state: one of `State`.
        today: the day.
        reason: why; needed where it failed or was withdrawn. In one line, and cut off where long.
        commit: of the repository, at which it happened.
        link: address of a page that tells more.

    Raises:
        RequestError: if a fact is not as it must be; names it.
        ResultError: if the file is another submission's; and see `read_status`.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    try:
        step = Step.model_validate(
            {
                "state": state,
                "since": today,
                "reason": one_line(reason or "") or None,
                "commit": commit,
                "link": link,
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or state
        raise RequestError(
            f"{field}: {first['msg']}. A state is one of {', '.join(get_args(State))}; failed and "
            "withdrawn have a reason; a commit has 40 hex digits; a link begins with https://, "
            "in 200 letters at most."
        ) from error
    path = status_path(leaderboard, name)
    before = read_status(path)
    if before is not None and before.name != name:
        raise ResultError(
            path,
            f"It is the status of {quoted(before.name)}, and {quoted(name)} has the same file: "
            "they differ in signs alone. Name the one that is meant, or call one otherwise.",
        )
    status = Status(**dict(step), name=name) if before is None else before.then(step)
    if status != before:
        content = status.model_dump_json(indent=2, exclude_none=True)
        replace_file(path, f"{content}\n".encode())
    return path, status
