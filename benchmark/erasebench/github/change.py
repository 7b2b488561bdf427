"""A submission changes exactly one manifest in its folder.

Evaluating workflows check the API's list of changed files, so a change of code next to a manifest
is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from erasebench.errors import quoted
from erasebench.errors.wording import some
from erasebench.github.client import Answer, NotSubmittedError
from erasebench.manifest.errors import ManifestError
from erasebench.manifest.manifest_file import SUBMISSIONS, check_file_name


class ChangedFile(Answer):
    """A file that a pull request or a push changes, as the API lists it.

    Attributes:
        filename: its path from the repository's top, chosen by the author of the pull request.
        status: added, modified, removed, renamed and so on.
        sha: git's digest of the new content; None if the API gives none.
    """

    filename: str
    status: str
    sha: str | None = None


def submitted_file(files: Sequence[ChangedFile]) -> ChangedFile:
    """The one manifest that a change submits.

    Raises:
        NotSubmittedError: if the change is not exactly one added or modified manifest.
    """
    form = f"{SUBMISSIONS}/<organisation>__<name>.yaml"
    if not files:
        raise NotSubmittedError(
            f"No file is changed. A submission adds or changes one file, {form}."
        )
    if len(files) > 1:
        listed = some(tuple(quoted(file.filename) for file in files))
        raise NotSubmittedError(
            f"{len(files)} files are changed: {listed}. A submission adds or changes one file, "
            f"{form}. Put all other files into a separate pull request."
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
            f"{file.filename} is {quoted(file.status)}; a submission adds or changes it. To "
            "withdraw a submission, open an issue (see site/docs/submitting.md)."
        )
    return file
