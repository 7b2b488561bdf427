"""Opens a checkpoint on the Hub by its headers only.

The header of each safetensors file is downloaded by a range request and stored in a sparse file of
the full length, so remote files are checked by the same code as local ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from erasebench.disk import writing
from erasebench.hub.client import Commit, RemoteFile, download, read_range
from erasebench.hub.download_cache import CacheEntry
from erasebench.hub.refusals import named_by_repository
from erasebench.manifest.manifest import is_settings
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.header import LENGTH_BYTES, LONGEST_HEADER, PICKLE_SUFFIXES
from erasebench.submission.weights_file import INDEX_ENDING

_FIRST_BYTES = 128 * 1024
"""Bytes of the first request; most headers are shorter."""


def open_headers(
    commit: Commit, path: str | None, files: Iterable[RemoteFile], entry: CacheEntry
) -> Checkpoint:
    """Opens a checkpoint on the Hub by its headers.

    Args:
        commit: of the repository.
        path: folder or file below the top; None for all of it.
        files: candidates from `list_candidates`.
        entry: cache entry, locked by the caller; its `headers` hold the files meanwhile.

    Returns:
        The checkpoint; its files in `entry.headers` contain no tensors.

    Raises:
        CheckpointError: see `open_checkpoint`; names the repository.
        HubError: if its weights are pickles, or the Hub cannot be reached.
    """
    for file in files:
        local = entry.headers / file.path
        with writing(local):
            local.parent.mkdir(parents=True, exist_ok=True)
        if file.path.endswith(INDEX_ENDING) or is_settings(file.path):
            download(commit, file.path, entry.headers)
        else:
            _write_header(commit, file, local)
    with named_by_repository(commit, entry):
        return open_checkpoint(entry.headers / (path or ""))


def _write_header(commit: Commit, file: RemoteFile, local: Path) -> None:
    """Writes a file's header to a sparse file."""
    content = b""
    if not file.path.endswith(PICKLE_SUFFIXES):
        content = read_range(commit, file.path, 0, min(_FIRST_BYTES, file.size))
        length = int.from_bytes(content[:LENGTH_BYTES], "little")
        end = LENGTH_BYTES + length
        # An impossible length is rejected when the header is read.
        if len(content) < end <= min(file.size, LENGTH_BYTES + LONGEST_HEADER):
            content += read_range(commit, file.path, len(content), end)
    with writing(local), local.open("wb") as sparse:
        sparse.write(content)
        # Of a pickle only the name is used.
        if content:
            sparse.truncate(file.size)
