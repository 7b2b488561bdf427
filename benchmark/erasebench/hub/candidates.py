"""Selects the files of a commit that form a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from erasebench.hub.client import Commit, RemoteFile, list_files
from erasebench.hub.download_cache import CacheEntry
from erasebench.hub.errors import HubError, HubMissingError
from erasebench.manifest.manifest import (
    MOST_BYTES,
    MOST_FILES,
    MOST_SETTINGS_BYTES,
    is_settings,
    settings_beside,
)
from erasebench.manifest.patterns import PLACE, WEIGHTS
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.header import PICKLE_SUFFIXES, TENSORS
from erasebench.submission.tensor_names import PARTS
from erasebench.submission.weights_file import INDEX_ENDING, LONGEST_INDEX, shards_of


def list_candidates(commit: Commit, path: str | None) -> tuple[RemoteFile, ...]:
    """Files that may belong to a checkpoint: weights (also pickles), indices, adapter settings.

    That is the named file, or the files in the named folder and in its unet/ and text_encoder/;
    with the settings next to an adapter. Pickles whose names are not plain are ignored.

    Raises:
        HubMissingError: if there is no such file or folder.
        HubError: if a path leads out of the repository, a name is not plain, there are too many
            files or one is too large, or the Hub cannot be reached.
    """
    single = path is not None and path.endswith((TENSORS, *PICKLE_SUFFIXES))
    folder = (path or "").rpartition("/")[0] or None if single else path
    found = []
    for file in list_files(commit, folder):
        if file.path.startswith("/") or "\\" in file.path or ".." in file.path.split("/"):
            raise HubError(
                str(commit),
                f"It lists {file.path!r}, a path that leads out of it. Nothing is downloaded.",
            )
        if _is_candidate(file.path, path, folder):
            _check(commit, file)
            found.append(file)
    if all(is_settings(file.path) for file in found):
        raise HubMissingError(
            commit.at(path),
            "This commit has no such file. Check the path."
            if single
            else "No safetensors file of a model, neither here nor in unet/ or text_encoder/. Add "
            "the checkpoint's folder or file after the repository.",
        )
    if len(found) > MOST_FILES:
        raise HubError(
            str(commit),
            f"{len(found)} files of weights; the limit is {MOST_FILES}. Add the checkpoint's path.",
        )
    return tuple(found)


def needed_files(
    checkpoint: Checkpoint, files: Sequence[RemoteFile], entry: CacheEntry
) -> list[RemoteFile]:
    """Files with the checkpoint's tensors, index with all shards, adapter settings; by path.

    A shard may contain only ignored tensors; without it the index would be wrong.
    """
    used = {
        tensor.path.relative_to(entry.headers).as_posix()
        for edit in checkpoint.tensors.values()
        for tensor in edit.floats
    }
    if checkpoint.layout == "lora":
        used |= {settings_beside(name) for name in used}
    for index in (file.path for file in files if file.path.endswith(INDEX_ENDING)):
        names = shards_of(entry.headers / index)
        shards = {PurePosixPath(index).with_name(name).as_posix() for name in names}
        if used & shards:
            used |= {index, *shards}
    return sorted((file for file in files if file.path in used), key=lambda file: file.path)


def _is_candidate(path: str, named: str | None, folder: str | None) -> bool:
    """Whether a file may belong to the checkpoint at a path, in a folder."""
    if named != folder:
        return path in {named, settings_beside(named or "")}
    inside = PurePosixPath(path).relative_to(folder or "")
    where = inside.parent.as_posix()
    if where == "." and is_settings(path):
        return True
    if where != "." and where not in PARTS:
        return False
    # What is never downloaded need not be rejected by its name.
    return path.endswith((TENSORS, INDEX_ENDING)) or (
        path.endswith(PICKLE_SUFFIXES) and PLACE.matches(path)
    )


def _check(commit: Commit, file: RemoteFile) -> None:
    """Rejects a file by its name and size, before any byte is downloaded."""
    if file.path.endswith(PICKLE_SUFFIXES):
        return  # rejected later, or ignored if there are safetensors too
    if not WEIGHTS.matches(file.path):
        raise HubError(
            str(commit), f"The file {file.path!r} is not allowed; it must be {WEIGHTS.words}."
        )
    most = LONGEST_INDEX if file.path.endswith(INDEX_ENDING) else MOST_BYTES
    if is_settings(file.path):
        most = MOST_SETTINGS_BYTES
    if not 0 < file.size <= most:
        raise HubError(
            commit.at(file.path),
            f"The file has {file.size} bytes; allowed are 1 to {most}. Submit a diff instead.",
        )
