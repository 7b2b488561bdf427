"""A checkpoint on the Hub, known by its headers alone: which files it needs, and what they hold.

Of each safetensors file the header is fetched by a range request, and laid where the whole file
would lie, in a sparse file as long as the whole one. What reads checkpoints reads these, so that
a remote file is judged by exactly the rules that hold for a local one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from erasebench.disk import room_for
from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.errors.checkpoint import conversion
from erasebench.hub.cache import Shelf
from erasebench.hub.client import RemoteFile, download, list_files, read_range
from erasebench.hub.errors import HubError, HubMissingError
from erasebench.hub.manifest import (
    MOST_BYTES,
    MOST_FILES,
    MOST_SETTINGS_BYTES,
    is_settings,
    settings_beside,
)
from erasebench.hub.plain import PLACE, WEIGHTS
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint
from erasebench.submission.header import LONGEST_HEADER, PICKLE_SUFFIXES
from erasebench.submission.names import PARTS
from erasebench.submission.weights_file import INDEX_ENDING, LONGEST_INDEX, shards_of

TENSORS = ".safetensors"

_FIRST_BYTES = 128 * 1024
"""Bytes of a file that are asked for at first; most headers are shorter."""

_LENGTH_BYTES = 8


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


@contextmanager
def told_of(repo: str, commit: str, shelf: Shelf) -> Iterator[None]:
    """Says of a file of headers what it stands for: the repository, not a place in the cache.

    Raises:
        HubError: in the place of a `CheckpointError`.
    """
    try:
        yield
    except CheckpointError as error:
        place = f"{repo}@{commit}"
        name = error.path.relative_to(shelf.headers).as_posix()
        if isinstance(error, PickleRefusedError):
            names = [one.relative_to(shelf.headers).as_posix() for one in error.pickles]
            raise _pickle(repo, commit, names) from error
        problem = str(error).removeprefix(f"{error.path}: ")
        raise HubError(place if name == "." else f"{place}/{name}", problem) from error


def _pickle(repo: str, commit: str, names: list[str]) -> HubError:
    """How pickles on the Hub become safetensors of the submitter's own."""
    copies = [Path("converted") / name for name in names]
    command = conversion([(copy, copy.with_suffix(TENSORS)) for copy in copies])
    return HubError(
        f"{repo}@{commit}/{names[0]}",
        "This is a pickle, which can run code when it is read; only safetensors are read. Ask its "
        "authors for safetensors. Where you trust it, convert it in a folder of your own, and "
        f"submit that: hf download {repo} {shlex.join(names)} --revision {commit} "
        f"--local-dir converted && {command}",
    )


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


def _write_header(repo: str, commit: str, file: RemoteFile, local: Path) -> None:
    """Lays a file's header where the file would lie."""
    content = b""
    if not file.path.endswith(PICKLE_SUFFIXES):
        content = read_range(repo, commit, file.path, 0, min(_FIRST_BYTES, file.size))
        length = int.from_bytes(content[:_LENGTH_BYTES], "little")
        end = _LENGTH_BYTES + length
        # A length that cannot be is judged by who reads the header, from its first bytes.
        if len(content) < end <= min(file.size, _LENGTH_BYTES + LONGEST_HEADER):
            content += read_range(repo, commit, file.path, len(content), end)
    with room_for(local), local.open("wb") as sparse:
        sparse.write(content)
        # Of a pickle nothing but its name is looked at, whatever size the Hub tells.
        if content:
            sparse.truncate(file.size)


def _parent(path: str | None) -> str | None:
    parent = PurePosixPath(path or "").parent.as_posix()
    return None if parent == "." else parent
