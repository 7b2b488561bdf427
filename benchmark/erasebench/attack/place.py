"""Finds an embedding file: next to its manifest, or downloaded from the Hub by digest."""

from __future__ import annotations

from pathlib import Path

from erasebench.attack.manifest import Embeddings
from erasebench.errors import CheckpointError
from erasebench.hub.cache import Shelf, sha256_of
from erasebench.hub.client import find_commit, list_files
from erasebench.hub.errors import HubChangedError, HubMissingError
from erasebench.hub.fetch import bring
from erasebench.submission.weights_file import inside

ATTACKS = "attacks"
"""Folder of downloaded embeddings in the user's cache, by digest."""


def find_file(manifest: Path, embeddings: Embeddings, cache: Path) -> Path:
    """The checked file, downloaded if needed.

    Args:
        manifest: the attack's manifest; local files are in its folder.
        embeddings: path, digest and repository of the file.
        cache: the user's cache.

    Raises:
        CheckpointError: if it is missing, outside the manifest's folder, or another file.
        HubError: if it cannot be downloaded, or differs from the pinned file.
        DiskFullError, UnwritableError: if it cannot be written.
    """
    if embeddings.repo is None or embeddings.revision is None:
        return _beside(manifest, embeddings)
    return _fetched(embeddings.repo, embeddings.revision, embeddings, cache)


def _beside(manifest: Path, embeddings: Embeddings) -> Path:
    path = inside(manifest.parent / embeddings.path, manifest.parent)
    if not path.is_file():
        raise CheckpointError(
            path, "No such file. Put it into the manifest's folder, or give its repo."
        )
    size = path.stat().st_size
    if size != embeddings.size:
        raise CheckpointError(
            path, f"The file has {size} bytes, but {embeddings.size} are pinned. Correct either."
        )
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise CheckpointError(
            path, f"Cannot be read: {error.strerror}. Check the file and its permissions."
        ) from error
    if digest != embeddings.sha256:
        raise CheckpointError(
            path,
            f"The SHA-256 is {digest[:12]}…, but {embeddings.sha256[:12]}… is pinned: this is "
            "another file. Correct either.",
        )
    return path


def _fetched(repo: str, revision: str, embeddings: Embeddings, cache: Path) -> Path:
    place = Shelf(cache / ATTACKS / embeddings.sha256)
    name = embeddings.path
    address = f"{repo}@{revision}/{name}"
    with place.held():
        path = place.file(name)
        if path.is_file() and sha256_of(path) == embeddings.sha256:
            return path
        find_commit(repo, revision)
        folder = name.rpartition("/")[0] or None
        listed = {file.path: file for file in list_files(repo, revision, folder)}
        if name not in listed:
            raise HubMissingError(address, "This commit has no such file. Check the path.")
        if listed[name].size != embeddings.size:
            raise HubChangedError(
                address,
                f"The file has {listed[name].size} bytes, but {embeddings.size} are pinned. "
                "Nothing is downloaded; correct the manifest.",
            )
        bring(repo, revision, name, embeddings.sha256, place)
    return path
