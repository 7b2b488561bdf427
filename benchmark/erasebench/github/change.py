"""What may be handed in: one manifest, in its place, and nothing else.

A workflow that evaluates asks this of the API's own list of changed files, so that a change of code
beside a manifest is seen for what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from erasebench.errors import quoted
from erasebench.github.errors import NotSubmittedError
from erasebench.hub.errors import ManifestError
from erasebench.hub.manifest_file import check_file_name
from erasebench.hub.submissions import SUBMISSIONS

_SHOWN = 5


class ChangedFile(BaseModel):
    """A file that a pull request or a push changes, as the API lists it.

    Attributes:
        filename: its path from the repository's top; whoever opened the pull request chose it.
        status: added, modified, removed, renamed and so on.
        sha: git's digest of the new content; None where the API tells none.
    """

    model_config = ConfigDict(frozen=True)

    filename: str
    status: str
    sha: str | None = None


def manifest_among(files: Sequence[ChangedFile]) -> ChangedFile:
    """The one manifest that a change hands in.

    Raises:
        NotSubmittedError: if it changes more or less than one manifest, or something else.
    """
    form = f"{SUBMISSIONS}/<organisation>__<name>.yaml"
    if not files:
        raise NotSubmittedError(
            f"Nothing is changed. A submission adds or changes one file, {form}."
        )
    if len(files) > 1:
        listed = ", ".join(quoted(file.filename) for file in files[:_SHOWN])
        more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        raise NotSubmittedError(
            f"{len(files)} files are changed: {listed}{more}. A submission adds or changes one "
            f"file, {form}, and nothing else. Put the others, code and documents alike, into a "
            "pull request of their own."
        )
    (file,) = files
    path = PurePosixPath(file.filename)
    if path.parent != PurePosixPath(SUBMISSIONS) or str(path) != file.filename:
        raise NotSubmittedError(
            f"The changed file is {quoted(file.filename)}; a submission adds or changes one file, "
            f"{form}. Move it there."
        )
    try:
        check_file_name(Path(path))
    except ManifestError as error:
        raise NotSubmittedError(f"In {SUBMISSIONS}: {error.faults[0]}") from error
    if file.status not in {"added", "modified", "changed"}:
        raise NotSubmittedError(
            f"{file.filename} is {quoted(file.status)}; a submission is added or changed. To "
            "withdraw one, open an issue: the rules are in site/docs/submitting.md."
        )
    return file
