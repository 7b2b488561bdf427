"""Which files of a commit make a checkpoint: those that come into question, and those it needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from erasebench.hub.cache import Shelf
from erasebench.hub.client import RemoteFile, list_files
from erasebench.hub.errors import HubError, HubMissingError
from erasebench.hub.manifest import (
    MOST_BYTES,
    MOST_FILES,
    MOST_SETTINGS_BYTES,
    is_settings,
    settings_beside,
)
from erasebench.hub.plain import PLACE, WEIGHTS
from erasebench.submission.checkpoint import Checkpoint
from erasebench.submission.header import PICKLE_SUFFIXES, TENSORS
from erasebench.submission.names import PARTS
from erasebench.submission.weights_file import INDEX_ENDING, LONGEST_INDEX, shards_of


def list_candidates(repo: str, commit: str, path: str | None) -> tuple[RemoteFile, ...]:
    """The files of which a checkpoint may be made: weights and indices, pickles among them.

    Those are the named file, or what lies in the named folder and in its folders of parts; and the
    settings that lie beside an adapter. Pickles whose names are not plain are passed over.

    Raises:
        HubMissingError: if there is no such file or folder.
        HubError: if a path leads out of the repository, a name is not plain, there are too many
            files or one is too large, or the Hub cannot be asked.
    """
    single = path is not None and path.endswith((TENSORS, *PICKLE_SUFFIXES))
    folder = _parent(path) if single else path
    place = f"{repo}@{commit}"
    found = []
    for file in list_files(repo, commit, folder):
        if file.path.startswith("/") or "\\" in file.path or ".." in file.path.split("/"):
            raise HubError(
                place,
                f"The repository lists {file.path!r}, a path that leads out of it. Nothing of it "
                "is fetched.",
            )
        if _is_candidate(file.path, path, folder):
            _check(place, file)
            found.append(file)
    if all(is_settings(file.path) for file in found):
        raise HubMissingError(
            f"{place}/{path}" if path else place,
            "There is no such file in this commit. Check the path."
            if single
            else "It holds no safetensors file of a model, neither itself nor in unet/ or "
            "text_encoder/. Name the folder or the file of the checkpoint after the repository.",
        )
    if len(found) > MOST_FILES:
        raise HubError(
            place,
            f"It holds {len(found)} files of weights, and at most {MOST_FILES} are looked at. Name "
            "the folder or the file of the checkpoint.",
        )
    return tuple(found)


def needed(
    checkpoint: Checkpoint, files: Sequence[RemoteFile], shelf: Shelf
) -> tuple[RemoteFile, ...]:
    """Those files that a checkpoint's tensors lie in, and their index with all that it names.

    A shard may hold only what is passed over; without it the index would lie.

    Of an adapter its settings too, which say at what scale it is merged.
    """
    used = {
        entry.path.relative_to(shelf.headers).as_posix()
        for edit in checkpoint.tensors.values()
        for entry in edit.floats
    }
    if checkpoint.layout == "lora":
        used |= {settings_beside(name) for name in used}
    for index in (file.path for file in files if file.path.endswith(INDEX_ENDING)):
        names = shards_of(shelf.headers / index)
        shards = {PurePosixPath(index).with_name(name).as_posix() for name in names}
        if used & shards:
            used |= {index, *shards}
    return tuple(file for file in files if file.path in used)


def _is_candidate(path: str, named: str | None, folder: str | None) -> bool:
    """Whether a file may be part of the checkpoint that a path names, in a folder."""
    if named != folder:
        return path in {named, settings_beside(named or "")}
    inside = PurePosixPath(path).relative_to(folder or "")
    where = inside.parent.as_posix()
    if where == "." and is_settings(path):
        return True
    if where != "." and where not in PARTS:
        return False
    # What is never fetched need not be refused by its name, and is not named in any message.
    return path.endswith((TENSORS, INDEX_ENDING)) or (
        path.endswith(PICKLE_SUFFIXES) and PLACE.matches(path)
    )


def _check(place: str, file: RemoteFile) -> None:
    """Refuses a file by its name and size, before a byte of it is asked for."""
    if file.path.endswith(PICKLE_SUFFIXES):
        return  # refused later, or passed over where safetensors lie beside it
    if not WEIGHTS.matches(file.path):
        raise HubError(
            place, f"The file {file.path!r} cannot be fetched; it must be {WEIGHTS.words}."
        )
    most = LONGEST_INDEX if file.path.endswith(INDEX_ENDING) else MOST_BYTES
    if is_settings(file.path):
        most = MOST_SETTINGS_BYTES
    if not 0 < file.size <= most:
        raise HubError(
            f"{place}/{file.path}",
            f"It has {file.size} bytes, and must have 1 to {most}. Give what was changed alone, as "
            "a diff.",
        )


def _parent(path: str | None) -> str | None:
    parent = PurePosixPath(path or "").parent.as_posix()
    return None if parent == "." else parent
