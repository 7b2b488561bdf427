"""The only module that uses the GitHub API.

`GITHUB_API_URL`, `GITHUB_REPOSITORY` and `GITHUB_TOKEN` have the same meaning as in every workflow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from erasebench.errors import ErasebenchError, RequestError, quoted
from erasebench.manifest.patterns import COMMIT

if TYPE_CHECKING:
    import httpx2

Form = TypeVar("Form")

_API = "https://api.github.com"

_TIMEOUT_S = 30.0

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")

_WORDS = 200
"""Characters of GitHub's message that ours quotes."""


MAIN = "main"
"""The branch that submissions target."""


class Answer(BaseModel):
    """The fields of an answer that are read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True)
class Github:
    """A repository on GitHub.

    Attributes:
        repository: owner/name.
        api: address of the API.
        token: sent only to that address; None for anonymous access.
    """

    repository: str
    api: str = _API
    token: str | None = field(default=None, repr=False)

    @property
    def owner(self) -> str:
        """Owner of the repository."""
        return self.repository.partition("/")[0]

    def get(
        self, form: type[Form], path: str, parameters: Mapping[str, str | int] | None = None
    ) -> Form:
        """Reads a path below the repository.

        Args:
            form: pydantic model of the answer, or a tuple of such.
            path: below the repository.
            parameters: of the query.

        Raises:
            GithubError: if GitHub cannot be reached, or answers with an error or in another form.
        """
        return self._ask(form, "GET", path, parameters=parameters)

    def send(self, form: type[Form], method: str, path: str, content: Mapping[str, object]) -> Form:
        """Creates or changes a path below the repository.

        Raises:
            GithubError: see `get`.
        """
        return self._ask(form, method, path, content=content)

    def _ask(
        self,
        form: type[Form],
        method: str,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        content: Mapping[str, object] | None = None,
    ) -> Form:
        import httpx2

        place = f"{self.repository}/{path}"
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            # A redirect would receive the token; the API has none on these paths.
            answer = httpx2.request(
                method,
                f"{self.api}/repos/{place}",
                params=dict(parameters or {}),
                json=content,
                headers=headers,
                timeout=_TIMEOUT_S,
                follow_redirects=False,
            )
            answered: object = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            detail = " ".join(str(error).split())
            raise GithubError(
                place, f"GitHub cannot be reached: {detail}. Check the network and GITHUB_API_URL."
            ) from error
        except ValueError as error:
            raise GithubError(
                place,
                f"The answer (status {answer.status_code}) is not JSON. Check GITHUB_API_URL.",
            ) from error
        if not answer.is_success:
            raise GithubError(place, _refusal(answer, answered, known=bool(self.token)))
        try:
            return TypeAdapter(form).validate_python(answered)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise GithubError(
                path, f"Unexpected answer: {field}: {first['msg']}. Check GITHUB_API_URL."
            ) from error


def github_from(environment: Mapping[str, str]) -> Github:
    """The repository in the environment of a workflow.

    Raises:
        RequestError: if GITHUB_REPOSITORY is missing or invalid.
    """
    repository = environment.get("GITHUB_REPOSITORY", "")
    if _NAME.fullmatch(repository) is None:
        raise RequestError(
            f"GITHUB_REPOSITORY is {quoted(repository)}; set it to owner/name, as a workflow does."
        )
    return Github(
        repository,
        environment.get("GITHUB_API_URL", _API).rstrip("/"),
        environment.get("GITHUB_TOKEN"),
    )


def check_commit(commit: str) -> None:
    """Rejects a text that is not a full commit.

    Raises:
        RequestError: if it is not 40 hex digits.
    """
    if not COMMIT.matches(commit):
        raise RequestError(f"{quoted(commit)} is not a commit; it must be {COMMIT.words}.")


def git_blob(content: bytes) -> str:
    """Git's digest of a file, 40 hex digits."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _refusal(answer: httpx2.Response, answered: object, *, known: bool) -> str:
    """Explains an error status."""
    said = answered.get("message", "") if isinstance(answered, dict) else ""
    words = " ".join(str(said).split())[:_WORDS]
    found = f"GitHub answers with status {answer.status_code} ({words})."
    match answer.status_code:
        case 404:
            return f"{found} Check number, commit and path; private repositories need GITHUB_TOKEN."
        case 401 | 403 | 429 if not known:
            return f"{found} Set GITHUB_TOKEN: anonymous access is limited."
        case 401 | 403:
            return f"{found} The token lacks a permission; add it to the workflow's `permissions`."
        case _:
            return found


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
