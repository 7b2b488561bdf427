"""Resolves an address to commit, files and digests; downloads no weights."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from tqdm import tqdm

from erasebench.disk import replace_file
from erasebench.hub.address import Address
from erasebench.hub.candidates import list_candidates, needed_files
from erasebench.hub.client import Commit, RemoteFile, download, find_commit
from erasebench.hub.download_cache import CacheEntry, commit_entry, resolution_file, sha256_of
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
    last = resolution_file(cache, address.repo, address.revision, address.path)
    try:
        with looked_up(address, cache) as (source, _):
            replace_file(last, source.model_dump_json().encode())
    except HubOfflineError:
        known = _known(last)
        if known is None:
            raise
        tqdm.write(f"Offline: using {known.address} for {address}, as before.", file=sys.stderr)
        return known
    return source


@contextmanager
def looked_up(address: Address, cache: Path) -> Iterator[tuple[Source, Checkpoint]]:
    """Resolves an address and opens the checkpoint by its headers.

    Errors of the checkpoint, also those that its user raises, name the repository.

    Args:
        address: of a checkpoint on the Hub.
        cache: the user's cache.

    Yields:
        The files to download; and the checkpoint, whose files contain only headers and exist
        inside the `with` block.

    Raises:
        HubError: see `resolve`.
    """
    commit = find_commit(address.repo, address.revision)
    entry = commit_entry(cache, commit)
    with entry.locked(), named_by_repository(commit, entry):
        files = list_candidates(commit, address.path)
        checkpoint = open_headers(commit, address.path, files, entry)
        _check_submittable(commit, checkpoint)
        pinned = {
            file.path: PinnedFile(size=file.size, sha256=_digest(commit, file, entry))
            for file in needed_files(checkpoint, files, entry)
        }
        fields = {"repo": commit.repo, "revision": commit.digest, "path": address.path}
        try:
            source = Source.model_validate(fields | {"layout": checkpoint.layout, "files": pinned})
        except ValidationError as error:
            problem = "; ".join(one["msg"] for one in error.errors())
            raise HubError(str(commit), f"It cannot be pinned: {problem}.") from error
        yield source, checkpoint


def _check_submittable(commit: Commit, checkpoint: Checkpoint) -> None:
    if checkpoint.layout not in get_args(SourceLayout):
        raise HubError(
            str(commit),
            f"A {checkpoint.layout} cannot be submitted. Allowed: "
            f"{', '.join(get_args(SourceLayout))}.",
        )
    if not checkpoint.tensors:
        raise HubError(
            str(commit), "It has no tensors, so nothing was erased. Save the edited model."
        )


def _digest(commit: Commit, file: RemoteFile, entry: CacheEntry) -> str:
    """A file's SHA-256; the Hub lists it for files in large-file storage."""
    if file.sha256 is not None:
        return file.sha256
    return sha256_of(download(commit, file.path, entry.incoming))


def _known(last: Path) -> Source | None:
    """The last answer of the Hub; None if there is none."""
    try:
        return Source.model_validate_json(last.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
