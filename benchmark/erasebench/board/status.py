"""The status of each submission, written by workflows and maintainers.

`leaderboard/status/<submission>.json`. A manifest without such a file counts as received.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from erasebench.disk import replace_file
from erasebench.errors import RequestError, ResultError, quoted
from erasebench.errors.wording import LONGEST_REASON, one_line
from erasebench.frozen_model import FrozenModel
from erasebench.results.json_file import wrong_field
from erasebench.results.result import Address

STATUS = "status"
"""Folder of the status files, inside a leaderboard."""

State = Literal["received", "valid", "queued", "scored", "failed", "withdrawn"]
"""Status of a submission."""

MEANINGS: Final[dict[State, str]] = {
    "received": "Submitted, not checked yet.",
    "valid": "The manifest and the headers of its files are valid.",
    "queued": "Waiting for the GPU machine, or running on it.",
    "scored": "Evaluated, with an entry on the board.",
    "failed": "Not evaluated to the end; the reason is given.",
    "withdrawn": "Not ranked any more; its page and data stay.",
}
"""Meaning of each status."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")

_WANT_A_REASON = ("failed", "withdrawn")

Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Step(FrozenModel):
    """One status of a submission, with its date."""

    state: State = Field(description="The status.")
    since: date = Field(description="The date, UTC.")
    reason: Reason | None = Field(None, description="Why it failed or was withdrawn.")
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = Field(
        None, description="Commit of the repository at this step."
    )
    link: Address | None = Field(None, description="Page of the run, pull request or issue.")

    @model_validator(mode="after")
    def _has_its_reason(self) -> Self:
        if self.state in _WANT_A_REASON and self.reason is None:
            raise ValueError(f"a status {self.state} needs a reason")
        return self


class Status(Step):
    """The current status of a submission, and the earlier ones."""

    schema_version: Literal[1] = Field(1, description="Version of this schema.")
    name: str = Field(
        description="Name of the submission: its manifest's file name without suffix."
    )
    history: tuple[Step, ...] = Field((), description="Earlier steps, oldest first.")

    @property
    def last(self) -> Step:
        """The latest step."""
        return Step(**{field: getattr(self, field) for field in Step.model_fields})

    @property
    def withdrawn(self) -> Step | None:
        """The step of its withdrawal; None where it was not withdrawn, or was scored since.

        Until a resubmission under the same name is scored, the old row stays withdrawn.
        """
        for step in (self.last, *reversed(self.history)):
            if step.state in ("scored", "withdrawn"):
                return step if step.state == "withdrawn" else None
        return None

    def then(self, step: Step) -> Status:
        """The status after one more step; the same object where the step changes nothing."""
        if step.model_copy(update={"since": self.since}) == self.last:
            return self
        return Status(**dict(step), name=self.name, history=(*self.history, self.last))


def slug_of(name: str) -> str:
    """A name for paths: letters, digits, hyphens and underscores only."""
    return _UNSAFE.sub("-", name).strip("-") or "unnamed"


def status_path(leaderboard: Path, name: str) -> Path:
    """The status file of a submission."""
    return leaderboard / STATUS / f"{slug_of(name)}.json"


def read_status(path: Path) -> Status | None:
    """Reads a status; None where there is none.

    Raises:
        ResultError: if the file is invalid; names the field.
    """
    if not path.exists():
        return None
    try:
        status = Status.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise wrong_field(path, error, "Write it with `erasebench board status`.") from error
    if slug_of(status.name) != path.stem:
        raise ResultError(
            path, f"It is the status of {status.name!r}; the file must have that name."
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
    """Writes the new status of a submission; earlier steps stay in its file.

    Args:
        leaderboard: the folder.
        name: of the submission.
        state: one of `State`.
        today: the date.
        reason: required for failed and withdrawn; shortened to one line.
        commit: of the repository at this step.
        link: address of a page with details.

    Raises:
        RequestError: if a value is invalid; names it.
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
            f"{field}: {first['msg']}. A status is one of {', '.join(get_args(State))}; failed and "
            "withdrawn need a reason; a commit has 40 hex digits; a link starts with https:// and "
            "has at most 200 characters."
        ) from error
    path = status_path(leaderboard, name)
    before = read_status(path)
    if before is not None and before.name != name:
        raise ResultError(
            path,
            f"It is the status of {quoted(before.name)}; {quoted(name)} differs only in special "
            "characters and would have the same file. Correct the name, or rename one of them.",
        )
    status = Status(**dict(step), name=name) if before is None else before.then(step)
    if status != before:
        content = status.model_dump_json(indent=2, exclude_none=True)
        replace_file(path, f"{content}\n".encode())
    return path, status
