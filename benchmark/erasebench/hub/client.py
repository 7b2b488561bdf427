"""The only module that uses the Hub, through its official client.

`HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` have their usual meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from erasebench.disk import writing
from erasebench.hub.errors import (
    HubAccessError,
    HubChangedError,
    HubError,
    HubMissingError,
    HubOfflineError,
)
from erasebench.manifest.patterns import COMMIT

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_TIMEOUT_S = 30.0

_MOST_ENTRIES = 10_000
"""Files of a repository that are listed; a repository of checkpoints has about a hundred."""


@dataclass(frozen=True)
class Commit:
    """A commit of a repository.

    Attributes:
        repo: organisation/name.
        digest: 40 hex digits.
    """

    repo: str
    digest: str

    def __str__(self) -> str:
        """The form used in messages and addresses."""
        return f"{self.repo}@{self.digest}"

    def at(self, path: str | None) -> str:
        """The form with a path below the repository's top; None for all of it."""
        return f"{self}/{path}" if path else str(self)


@dataclass(frozen=True)
class RemoteFile:
    """A file in the Hub's listing.

    Attributes:
        path: from the repository's top, not checked.
        size: bytes.
        sha256: its digest, hex; None if it is not in large-file storage.
    """

    path: str
    size: int
    sha256: str | None


def find_commit(repo: str, revision: str | None) -> Commit:
    """The commit that a revision stands for.

    Args:
        repo: organisation/name.
        revision: commit, branch or tag; None for the branch `main`.

    Raises:
        HubMissingError: if there is no such repository or revision.
        HubChangedError: if a commit was requested and the Hub returns another.
        HubError: if the Hub cannot be reached or denies access.
    """
    from huggingface_hub import HfApi

    place = f"{repo}@{revision}" if revision else repo
    with hub_errors(repo, place):
        found = HfApi().model_info(repo, revision=revision, timeout=_TIMEOUT_S, expand=["sha"]).sha
    commit = _checked(repo, place, found)
    if revision is not None and COMMIT.matches(revision) and found != revision:
        raise HubChangedError(
            place,
            f"The Hub returns another commit, {found}. If it was rewritten, pin it again.",
        )
    return commit


def find_data_set(repo: str, revision: str | None) -> str:
    """The commit of a data set, 40 hex digits, after checking access to its files.

    Args:
        repo: organisation/name.
        revision: commit, branch or tag; None for the branch `main`.

    Raises:
        HubMissingError: if there is no such data set or revision.
        HubError: if the Hub cannot be reached or denies access.
    """
    from huggingface_hub import HfApi

    place = f"{repo}@{revision}" if revision else repo
    with hub_errors(f"datasets/{repo}", place):
        HfApi().auth_check(repo, repo_type="dataset")
        found = HfApi().dataset_info(repo, revision=revision, timeout=_TIMEOUT_S, expand=["sha"])
    return _checked(repo, place, found.sha).digest


def _checked(repo: str, place: str, digest: str | None) -> Commit:
    if digest is None or not COMMIT.matches(digest):
        raise HubError(place, "The Hub returns no commit. Check HF_ENDPOINT, if it is set.")
    return Commit(repo, digest)


def list_files(commit: Commit, folder: str | None) -> tuple[RemoteFile, ...]:
    """Every file at or below a folder; None for the whole repository.

    Raises:
        HubMissingError: if there is no such folder.
        HubError: if there are too many files, or the Hub cannot be reached or denies access.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    place = commit.at(folder)
    found: list[RemoteFile] = []
    with hub_errors(commit.repo, place):
        for entry in HfApi().list_repo_tree(
            commit.repo, folder, recursive=True, revision=commit.digest
        ):
            if len(found) == _MOST_ENTRIES:
                raise HubError(
                    place, f"More than {_MOST_ENTRIES} files. Add the checkpoint's folder."
                )
            if isinstance(entry, RepoFile):
                sha256 = None if entry.lfs is None else entry.lfs.sha256
                found.append(RemoteFile(entry.path, entry.size, sha256))
    return tuple(found)


def read_range(commit: Commit, path: str, begin: int, end: int) -> bytes:
    """Bytes begin (inclusive) to end (exclusive) of a file, fewer if the file ends before.

    Raises:
        HubMissingError: if there is no such file.
        HubError: if the Hub cannot be reached or denies access.
    """
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # documented, not re-exported
        build_hf_headers,
        hf_raise_for_status,
    )

    headers = build_hf_headers() | {"Range": f"bytes={begin}-{end - 1}"}
    # A compressed body would have other byte positions.
    headers["Accept-Encoding"] = "identity"
    url = hf_hub_url(commit.repo, path, revision=commit.digest)
    content = b""
    with (
        hub_errors(commit.repo, commit.at(path)),
        get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT_S) as response,
    ):
        hf_raise_for_status(response)
        # A server without ranges sends the file from its start.
        skipped = begin if response.status_code == 200 else 0
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) >= skipped + end - begin:
                break
    return content[skipped : skipped + end - begin]


def download(commit: Commit, path: str, folder: Path) -> Path:
    """Downloads a file into a folder, at its path below it; does not check it.

    Raises:
        HubMissingError: if there is no such file.
        HubChangedError: if the download is incomplete.
        HubError: if the Hub cannot be reached or denies access.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    from huggingface_hub import hf_hub_download

    with writing(folder), hub_errors(commit.repo, commit.at(path)):
        return Path(hf_hub_download(commit.repo, path, revision=commit.digest, local_dir=folder))


@contextmanager
def hub_errors(repo: str, place: str) -> Iterator[None]:
    """Converts the client's exceptions into ours."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.LocalEntryNotFoundError as error:
        # Raised if neither the Hub nor the client's cache has the file.
        cause = error.__cause__
        if isinstance(cause, errors.HfHubHTTPError):
            raise _refused(repo, place, cause) from error
        raise _unreachable(place, cause or error) from error
    except errors.HfHubHTTPError as error:
        raise _refused(repo, place, error) from error
    except (errors.OfflineModeIsEnabled, httpx2.TransportError) as error:
        raise _unreachable(place, error) from error
    except OSError as error:
        # The client has no class of its own for an incomplete file.
        if "Consistency check failed" not in str(error):
            raise
        raise HubChangedError(
            place, "The download was incomplete and is removed. Run the same command again."
        ) from error


def _refused(repo: str, place: str, error: HfHubHTTPError) -> HubError:
    """Explains an error status."""
    from huggingface_hub import errors

    status = error.response.status_code
    match error:
        case errors.GatedRepoError():
            return HubAccessError(
                place,
                f"The repository is gated. {_login()} and accept its conditions: "
                f"https://huggingface.co/{repo}",
            )
        case errors.RepositoryNotFoundError():
            return HubMissingError(
                place,
                "No such repository, or it is private. Check its name. If it is private: "
                f"{_login()} and run the same command again.",
            )
        case errors.RevisionNotFoundError():
            return HubMissingError(
                place, "The repository has no such revision. If it was rewritten, pin it again."
            )
        case errors.EntryNotFoundError():
            return HubMissingError(place, "This commit has no such file or folder. Check the path.")
        case _ if status in {401, 403}:
            return HubAccessError(
                place, f"The Hub denies access ({status}). {_login()} and run the command again."
            )
        case _:
            return HubError(place, f"The Hub answers with status {status}. Try again later.")


def _unreachable(place: str, error: BaseException) -> HubError:
    """Explains a request without an answer."""
    from huggingface_hub.constants import is_offline_mode

    if is_offline_mode():
        return HubOfflineError(
            place,
            "Not in the cache, and HF_HUB_OFFLINE is set. Run `erasebench fetch` online first.",
        )
    detail = " ".join(str(error).split())
    return HubOfflineError(
        place, f"Not in the cache, and the Hub cannot be reached: {detail}. Check the network."
    )


def _login() -> str:
    """How to authenticate; a token in use has just been denied."""
    from huggingface_hub import get_token

    if get_token() is None:
        return "No token is set: log in with `hf auth login`, or set HF_TOKEN,"
    return "The current token has no access: log in with `hf auth login` to an account that has,"
