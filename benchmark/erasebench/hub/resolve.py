"""Resolves an address to commit, files and digests; downloads no weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from tqdm import tqdm

from erasebench.disk import replace_file
from erasebench.hub.address import Address
from erasebench.hub.candidates import list_candidates, needed
from erasebench.hub.client import RemoteFile, download, find_commit
from erasebench.hub.download_cache import Shelf, answer_file, sha256_of, shelf
from erasebench.hub.errors import HubError, HubOfflineError
from erasebench.hub.headers import open_headers
from erasebench.hub.refusals import named_by_repository
from erasebench.manifest.manifest import PinnedFile, Source
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.layout import SourceLayout


def resolve(address: Address, cache: Path) -> Source:
    """Resolves an address; offline, to its last known meaning.

    Args:
        address: of a checkpoint on the Hub.
        cache: the user's cache.

    Raises:
        HubMissingError: if there is no such repository, revision or path.
        HubOfflineError: if the Hub cannot be reached and the address was never resolved.
        HubError: if the repository has no checkpoint, the Hub denies access, or there are too many
            or too large files.
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
        tqdm.write(f"Offline: using {known.address} for {address}, as before.", file=sys.stderr)
        return known
    replace_file(answer, source.model_dump_json().encode())
    return source


def look_up(address: Address, commit: str, shelf: Shelf) -> tuple[Source, Checkpoint]:
    """Resolves an address at a known commit and opens its headers.

    Args:
        address: its revision is ignored.
        commit: 40 hex digits.
        shelf: cache entry of the commit, locked by the caller.

    Returns:
        What to download; and the checkpoint, whose files contain only headers and exist while the
        entry is locked.

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
            f"A {checkpoint.layout} cannot be submitted. Allowed: "
            f"{', '.join(get_args(SourceLayout))}.",
        )
    if not checkpoint.tensors:
        raise HubError(place, "It has no tensors, so nothing was erased. Save the edited model.")
    with named_by_repository(repo, commit, shelf):
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
        raise HubError(place, f"It cannot be pinned: {problem}.") from error
    return source, checkpoint


def _digest(repo: str, commit: str, file: RemoteFile, shelf: Shelf) -> str:
    """A file's SHA-256; the Hub lists it for files in large-file storage."""
    if file.sha256 is not None:
        return file.sha256
    return sha256_of(download(repo, commit, file.path, shelf.incoming))


def _known(answer: Path) -> Source | None:
    """The last answer of the Hub; None if there is none."""
    try:
        return Source.model_validate_json(answer.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
