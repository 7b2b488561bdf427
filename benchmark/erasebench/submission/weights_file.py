"""Reads the headers of one model: a file, a folder, or shards with an index.

The index of shards is `{"weight_map": {"tensor": "file", …}}`. It must list every tensor of every
shard, so that both agree; other keys are ignored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from erasebench.errors import CheckpointError, PickleRefusedError, quoted
from erasebench.submission.header import (
    PICKLE_SUFFIXES,
    Header,
    TensorEntry,
    read_header,
    readable,
    unique_names,
)

ALLOWED = (
    "Give a pipeline folder (with unet/ or text_encoder/), a folder or safetensors file of a UNet, "
    "a text encoder or a LoRA, a single-file checkpoint, or a diff"
)
"""Allowed checkpoints, for messages."""

INDEX_ENDING = ".safetensors.index.json"
"""Ending of the index of shards."""

_STANDARD = ("diffusion_pytorch_model", "model")
"""File names of UNet and text encoder in save_pretrained."""

LONGEST_INDEX = 4 * 1024 * 1024
"""Maximum bytes of an index; the largest UNet in use has 0.1 MB."""

_MOST_SHARDS = 64
"""Maximum shards of a model; usual are a few."""


def read_weights(place: Path, root: Path) -> Header:
    """Reads the headers of a model's weights.

    Args:
        place: a safetensors file, or a folder with one or with shards and their index.
        root: the given path; files outside it are not read, except blobs of a Hub cache.

    Returns:
        All tensors; for shards, of several files and without metadata.

    Raises:
        PickleRefusedError: if the weights are only a pickle.
        CheckpointError: if the file is ambiguous, missing or damaged, or disagrees with its index.
    """
    if not place.is_dir():
        return read_header(place)
    indices = _meant(place, sorted(place.glob(f"*{INDEX_ENDING}")), INDEX_ENDING)
    if indices is not None:
        _refuse_whole_beside(indices)
        return _read_shards(inside(indices, root), root)
    lone = _meant(place, sorted(place.glob("*.safetensors")), ".safetensors")
    if lone is not None:
        return read_header(inside(lone, root))
    pickles = pickles_in(place)
    if pickles:
        raise PickleRefusedError(pickles[0], place, pickles[1:])
    raise CheckpointError(place, f"No safetensors file of a model. {ALLOWED}.")


def shards_of(index: Path) -> frozenset[str]:
    """The file names in an index of shards.

    Raises:
        CheckpointError: if the index is invalid.
    """
    return frozenset(_weight_map(index).values())


def pickles_in(folder: Path) -> tuple[Path, ...]:
    """The pickled weights of a folder without safetensors files."""
    if any(folder.glob("*.safetensors")):
        return ()
    return tuple(sorted(path for path in folder.glob("*") if path.suffix in PICKLE_SUFFIXES))


def _meant(folder: Path, found: list[Path], ending: str) -> Path | None:
    """The file with a standard name, or the only one; None if there is none."""
    standard = [path for path in found if path.name.removesuffix(ending) in _STANDARD]
    candidates = standard or found
    if len(candidates) > 1:
        names = ", ".join(quoted(path.name) for path in candidates[:5])
        raise CheckpointError(
            folder,
            f"{len(candidates)} files are ambiguous ({names}). Give the path of one, or keep only "
            f"{_STANDARD[0]}{ending}.",
        )
    return next(iter(candidates), None)


def _refuse_whole_beside(index: Path) -> None:
    whole = index.with_name(f"{index.name.removesuffix(INDEX_ENDING)}.safetensors")
    if whole.exists():
        raise CheckpointError(
            index.parent,
            f"{quoted(whole.name)} and {quoted(index.name)} are ambiguous. Remove one.",
        )


def inside(path: Path, root: Path) -> Path:
    """Returns the path; rejects a link that leads out of the given folder.

    In a Hub cache each file of a snapshot is a link to the repository's blobs, which is allowed.

    Args:
        path: the file.
        root: the given folder.

    Raises:
        CheckpointError: if it is such a link.
    """
    home = root.resolve()
    caches = [place.parent for place in home.parents if place.name == "snapshots"]
    blobs = [cache / "blobs" for cache in caches if cache.name.startswith("models--")]
    # Unlike Path.resolve, it does not fail for a link to itself, which then is not a file.
    target = Path(os.path.realpath(path))
    if not any(target.is_relative_to(place) for place in (home, *blobs)):
        raise CheckpointError(
            path, "The link leads out of the given folder. Replace it by the file."
        )
    return path


def _read_shards(index: Path, root: Path) -> Header:
    shards: dict[str, set[str]] = {}
    for tensor, file in _weight_map(index).items():
        shards.setdefault(file, set()).add(tensor)
    if len(shards) > _MOST_SHARDS:
        raise CheckpointError(
            index,
            f"{len(shards)} shards; the limit is {_MOST_SHARDS}. Use a larger max_shard_size.",
        )
    tensors: dict[str, TensorEntry] = {}
    for name, named in sorted(shards.items()):
        shard = index.parent / name
        if not shard.exists():
            raise CheckpointError(index, f"The shard {quoted(name)} is missing. Add it.")
        found = read_header(inside(shard, root)).tensors
        if found.keys() != named:
            odd = min(found.keys() ^ named)
            which = "only the index" if odd in named else "only the shard"
            raise CheckpointError(
                index,
                f"It disagrees with {quoted(name)}: {which} has {quoted(odd)}. Save the model "
                "again with save_pretrained, to an empty folder.",
            )
        tensors |= found
    return Header(index.parent, tensors, {})


def _weight_map(index: Path) -> Mapping[str, str]:
    # Opening a pipe would block.
    if not index.is_file():
        raise CheckpointError(
            index, "Not a file. It should be the index of shards. Save the model again."
        )
    with readable(index):
        size = index.stat().st_size
        if size > LONGEST_INDEX:
            raise CheckpointError(
                index,
                f"The index has {size} bytes; the limit is {LONGEST_INDEX}. Save the model again.",
            )
        text = index.read_bytes()
    try:
        content = json.loads(text.decode(), object_pairs_hook=unique_names)
    except (ValueError, RecursionError) as error:
        raise _broken(index, f"it is not JSON, or ambiguous ({error})") from error
    weight_map = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        raise _broken(index, "it has no weight_map")
    for tensor, file in weight_map.items():
        if not isinstance(file, str):
            raise _broken(index, f"the file of {quoted(tensor)} is {quoted(file)}")
        if not _is_plain(file):
            raise CheckpointError(
                index,
                f"{quoted(file)} is not allowed as a shard. Shards are .safetensors files in the "
                "folder of the index, without a path. Save the model again with save_pretrained.",
            )
    return weight_map


def _is_plain(name: str) -> bool:
    return (
        name.isprintable()
        and "/" not in name
        and "\\" not in name
        and name.endswith(".safetensors")
        and not name.startswith(".")
    )


def _broken(index: Path, problem: str) -> CheckpointError:
    return CheckpointError(
        index, f"Not an index of shards: {problem}. Save the model again with save_pretrained."
    )
