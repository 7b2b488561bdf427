"""From an address to a source: which commit, which files, which digests; no weights are fetched."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from tqdm import tqdm

from erasebench.disk import replace_file
from erasebench.hub.address import Address
from erasebench.hub.cache import Shelf, answer_file, sha256_of, shelf
from erasebench.hub.candidates import list_candidates, needed
from erasebench.hub.client import RemoteFile, download, find_commit
from erasebench.hub.errors import HubError, HubOfflineError
from erasebench.hub.headers import open_headers
from erasebench.hub.manifest import PinnedFile, Source
from erasebench.hub.refusals import told_of
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.layout import SourceLayout


def resolve(address: Address, cache: Path) -> Source:
    """Looks up what an address means; where the Hub cannot be asked, what it last meant.

    Args:
        address: of a checkpoint on the Hub.
        cache: the user's cache.

    Raises:
        HubMissingError: if there is no such repository, revision or path.
        HubOfflineError: if the Hub cannot be asked, and never was.
        HubError: if the repository holds no checkpoint, the Hub does not let us in, or files are
            too many or too large.
    """
    answer = answer_file(cache, address.repo, address.revision, address.path)
    try:
        commit = find_commit(address.repo, address.revision)
        with shelf(cache, address.repo, commit).held():
            source, _ = look_up(address, commit, shelf(cache, address.repo, commit))
    except HubOfflineError:
        known = _known(answer)
        if known is None:
            raise
        tqdm.write(
            f"The Hub was not asked; {address} is {known.address} as before.", file=sys.stderr
        )
        return known
    replace_file(answer, source.model_dump_json().encode())
    return source


def look_up(address: Address, commit: str, shelf: Shelf) -> tuple[Source, Checkpoint]:
    """The same at a known commit, with the checkpoint as its headers show it.

    Args:
        address: its revision is not looked at.
        commit: 40 hex digits.
        shelf: of the commit, held by the caller.

    Returns:
        What to fetch; and the checkpoint, whose files hold headers alone, and that only as long
        as the shelf is held.

    Raises:
        HubError: see `resolve`.
    """
    repo, path = address.repo, address.path
    files = list_candidates(repo, commit, path)
    checkpoint = open_headers(repo, commit, path, files, shelf)
    place = f"{repo}@{commit}"
    if checkpoint.layout not in get_args(SourceLayout):
        raise HubError(
            place,
            f"It is a {checkpoint.layout}, which cannot be submitted: it must be one of "
            f"{', '.join(get_args(SourceLayout))}.",
        )
    if not checkpoint.tensors:
        raise HubError(place, "It holds no tensors, so nothing was erased. Save the edited model.")
    with told_of(repo, commit, shelf):
        wanted = sorted(needed(checkpoint, files, shelf), key=lambda file: file.path)
    pinned = {
        file.path: PinnedFile(size=file.size, sha256=_digest(repo, commit, file, shelf))
        for file in wanted
    }
    try:
        source = Source.model_validate(
            {
                "repo": repo,
                "revision": commit,
                "path": path,
                "layout": checkpoint.layout,
                "files": pinned,
            }
        )
    except ValidationError as error:
        problem = "; ".join(one["msg"] for one in error.errors())
        raise HubError(place, f"It cannot be fetched: {problem}.") from error
    return source, checkpoint


def _digest(repo: str, commit: str, file: RemoteFile, shelf: Shelf) -> str:
    """A file's SHA-256, which the Hub tells of what lies in large-file storage."""
    if file.sha256 is not None:
        return file.sha256
    return sha256_of(download(repo, commit, file.path, shelf.incoming))


def _known(answer: Path) -> Source | None:
    """What the Hub answered when it was last asked; None where that is not known."""
    try:
        return Source.model_validate_json(answer.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
