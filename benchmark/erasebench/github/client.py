"""The only place that speaks to GitHub.

`GITHUB_API_URL`, `GITHUB_REPOSITORY` and `GITHUB_TOKEN` mean what they mean in every workflow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from erasebench.errors import RequestError, quoted
from erasebench.github.errors import GithubError

if TYPE_CHECKING:
    import httpx2

Form = TypeVar("Form")

_API = "https://api.github.com"

_TIMEOUT_S = 30.0

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")

_WORDS = 200
"""Letters of GitHub's own message that ours repeats."""


@dataclass(frozen=True)
class Github:
    """One repository, as the API shows it.

    Attributes:
        repository: owner/name.
        api: address of the API.
        token: sent to that address alone; None to ask as nobody.
    """

    repository: str
    api: str = _API
    token: str | None = field(default=None, repr=False)

    @property
    def owner(self) -> str:
        """Who the repository belongs to."""
        return self.repository.partition("/")[0]

    def get(
        self, form: type[Form], path: str, parameters: Mapping[str, str | int] | None = None
    ) -> Form:
        """What lies at a path below the repository.

        Args:
            form: what is read of the answer: a pydantic model, or a tuple of such.
            path: below the repository.
            parameters: of the question.

        Raises:
            GithubError: if GitHub cannot be asked, or answers with an error or in another form.
        """
        return _read(form, self._ask("GET", path, parameters=parameters), path)

    def send(self, form: type[Form], method: str, path: str, content: Mapping[str, object]) -> Form:
        """Makes or changes what lies at a path below the repository.

        Raises:
            GithubError: see `get`.
        """
        return _read(form, self._ask(method, path, content=content), path)

    def _ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        content: Mapping[str, object] | None = None,
    ) -> object:
        import httpx2

        place = f"{self.repository}/{path}"
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            # A redirect would take the token along; the API has none on these paths.
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
                place, f"GitHub does not answer: {detail}. Check the network and GITHUB_API_URL."
            ) from error
        except ValueError as error:
            raise GithubError(
                place, f"The answer ({answer.status_code}) is no JSON. Check GITHUB_API_URL."
            ) from error
        if not answer.is_success:
            raise GithubError(place, _refusal(answer, answered, known=bool(self.token)))
        return answered


def github_of(environment: Mapping[str, str]) -> Github:
    """The repository that a workflow's environment names.

    Raises:
        RequestError: if it names none.
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


def _read(form: type[Form], answer: object, place: str) -> Form:
    """An answer, or the part of it that is read."""
    try:
        return TypeAdapter(form).validate_python(answer)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise GithubError(
            place, f"The answer is not as it must be: {field}: {first['msg']}."
        ) from error


def _refusal(answer: httpx2.Response, answered: object, *, known: bool) -> str:
    """What an answer that is an error means."""
    said = answered.get("message", "") if isinstance(answered, dict) else ""
    words = " ".join(str(said).split())[:_WORDS]
    told = f"GitHub answers with status {answer.status_code} ({words})."
    match answer.status_code:
        case 404:
            return f"{told} Check number, commit and path; a private repository wants GITHUB_TOKEN."
        case 401 | 403 | 429 if not known:
            return f"{told} Set GITHUB_TOKEN: without it few questions are answered."
        case 401 | 403:
            return f"{told} The token lacks a permission; the workflow's `permissions` grant them."
        case _:
            return told
