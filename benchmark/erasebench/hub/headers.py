"""A checkpoint on the Hub, known by its headers alone.

Of each safetensors file the header is fetched by a range request, and laid where the whole file
would lie, in a sparse file as long as the whole one. What reads checkpoints reads these, so that
a remote file is judged by exactly the rules that hold for a local one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from erasebench.disk import room_for
from erasebench.hub.cache import Shelf
from erasebench.hub.client import RemoteFile, download, read_range
from erasebench.hub.manifest import is_settings
from erasebench.hub.refusals import told_of
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.header import LENGTH_BYTES, LONGEST_HEADER, PICKLE_SUFFIXES
from erasebench.submission.weights_file import INDEX_ENDING

_FIRST_BYTES = 128 * 1024
"""Bytes of a file that are asked for at first; most headers are shorter."""


def open_headers(
    repo: str, commit: str, path: str | None, files: Iterable[RemoteFile], shelf: Shelf
) -> Checkpoint:
    """Opens a checkpoint on the Hub by its headers.

    Args:
        repo: organisation/name.
        commit: 40 hex digits.
        path: folder or file below the top; None for the whole.
        files: of the commit, those that come into question, by `list_candidates`.
        shelf: held by the caller; its `headers` hold the files as long as it is held.

    Returns:
        The checkpoint. The paths of its tensors lie in `shelf.headers`, and hold no tensors.

    Raises:
        CheckpointError: by the rules of `open_checkpoint`; names the repository.
        HubError: if its weights are pickles, or the Hub cannot be asked.
    """
    for file in files:
        local = shelf.headers / file.path
        with room_for(local):
            local.parent.mkdir(parents=True, exist_ok=True)
        if file.path.endswith(INDEX_ENDING) or is_settings(file.path):
            download(repo, commit, file.path, shelf.headers)
        else:
            _write_header(repo, commit, file, local)
    with told_of(repo, commit, shelf):
        return open_checkpoint(shelf.headers / (path or ""))


def _write_header(repo: str, commit: str, file: RemoteFile, local: Path) -> None:
    """Lays a file's header where the file would lie."""
    content = b""
    if not file.path.endswith(PICKLE_SUFFIXES):
        content = read_range(repo, commit, file.path, 0, min(_FIRST_BYTES, file.size))
        length = int.from_bytes(content[:LENGTH_BYTES], "little")
        end = LENGTH_BYTES + length
        # A length that cannot be is judged by who reads the header, from its first bytes.
        if len(content) < end <= min(file.size, LENGTH_BYTES + LONGEST_HEADER):
            content += read_range(repo, commit, file.path, len(content), end)
    with room_for(local), local.open("wb") as sparse:
        sparse.write(content)
        # Of a pickle nothing but its name is looked at, whatever size the Hub tells.
        if content:
            sparse.truncate(file.size)
