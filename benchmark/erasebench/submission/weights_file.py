"""The tensors of one model as they lie in a file, in a folder, or in shards with their index.

The index of shards is `{"weight_map": {"tensor": "file", …}}`. It must name every tensor of every
shard where it lies, so that index and shards have one meaning; whatever else it says is not used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from erasebench.errors import CheckpointError, PickleRefusedError, quoted
from erasebench.submission.header import (
    PICKLE_SUFFIXES,
    Header,
    TensorEntry,
    read_header,
    unique_names,
)

ALLOWED = (
    "Give a pipeline folder (with unet/ or text_encoder/), a folder or safetensors file of a UNet, "
    "a text encoder or a LoRA, a single-file checkpoint, or a diff"
)
"""What a checkpoint may be, for messages."""

INDEX_ENDING = ".safetensors.index.json"
"""How the name of the index of shards ends."""

_STANDARD = ("diffusion_pytorch_model", "model")
"""What save_pretrained calls the weights of a UNet and of a text encoder."""

LONGEST_INDEX = 4 * 1024 * 1024
"""Bytes of an index; that of the largest UNet in use has a tenth of a megabyte."""

_MOST_SHARDS = 64
"""Shards of a model; the largest in use has a handful."""


def read_weights(place: Path, root: Path) -> Header:
    """Reads the headers of a model's weights.

    Args:
        place: a safetensors file, or a folder that holds one or shards with their index.
        root: what was given; no file outside it is read, but for the blobs of a Hub cache.

    Returns:
        All tensors; of shards they lie in several files, and there is no metadata.

    Raises:
        PickleRefusedError: if the weights are there as a pickle only.
        CheckpointError: if it is not clear which file is meant, if there is none, or one is broken
            or does not agree with its index.
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
    raise CheckpointError(place, f"It holds no safetensors file of a model. {ALLOWED}.")


def shards_of(index: Path) -> frozenset[str]:
    """The names of the files that an index of shards names, in its own folder.

    Raises:
        CheckpointError: if it is no such index.
    """
    return frozenset(_weight_map(index).values())


def files_in(folder: Path) -> Iterator[Path]:
    """The safetensors files that lie in a folder itself, by name.

    Raises:
        CheckpointError: if the next one is a link that leads out of the folder.
    """
    for path in sorted(folder.glob("*.safetensors")):
        yield inside(path, folder)


def pickles_in(folder: Path) -> tuple[Path, ...]:
    """The weights in a folder that are pickles, where no safetensors file is beside them."""
    if any(folder.glob("*.safetensors")):
        return ()
    return tuple(sorted(path for path in folder.glob("*") if path.suffix in PICKLE_SUFFIXES))


def _meant(folder: Path, found: list[Path], ending: str) -> Path | None:
    """The one of a standard name, or the only one; None if there is none."""
    standard = [path for path in found if path.name.removesuffix(ending) in _STANDARD]
    candidates = standard or found
    if len(candidates) > 1:
        names = ", ".join(quoted(path.name) for path in candidates[:5])
        raise CheckpointError(
            folder,
            f"It holds {len(candidates)} files ({names}), and it is not clear which is meant. "
            f"Name the file, or keep one, called {_STANDARD[0]}{ending}.",
        )
    return next(iter(candidates), None)


def _refuse_whole_beside(index: Path) -> None:
    whole = index.with_name(f"{index.name.removesuffix(INDEX_ENDING)}.safetensors")
    if whole.exists():
        raise CheckpointError(
            index.parent,
            f"It holds {quoted(whole.name)} and {quoted(index.name)}, and it is not clear which is "
            "meant. Remove the one that is out of date.",
        )


def inside(path: Path, root: Path) -> Path:
    """The same path, after a link that leads out of what was given was refused.

    In the cache of the Hub each file of a snapshot is a link into the repository's blobs.

    Args:
        path: that is to be read.
        root: the folder that was given.

    Raises:
        CheckpointError: if it is such a link.
    """
    home = root.resolve()
    caches = [place.parent for place in home.parents if place.name == "snapshots"]
    blobs = [cache / "blobs" for cache in caches if cache.name.startswith("models--")]
    # Unlike Path.resolve, it ends at a link that leads to itself, which then is no file.
    target = Path(os.path.realpath(path))
    if not any(target.is_relative_to(place) for place in (home, *blobs)):
        raise CheckpointError(
            path,
            "It is a link that leads out of the folder that was given. Put the file itself there.",
        )
    return path


def _read_shards(index: Path, root: Path) -> Header:
    shards: dict[str, set[str]] = {}
    for tensor, file in _weight_map(index).items():
        shards.setdefault(file, set()).add(tensor)
    if len(shards) > _MOST_SHARDS:
        raise CheckpointError(
            index,
            f"It names {len(shards)} shards, and at most {_MOST_SHARDS} are read. Save the model "
            "again with save_pretrained and a larger max_shard_size.",
        )
    tensors: dict[str, TensorEntry] = {}
    for name, named in sorted(shards.items()):
        shard = index.parent / name
        if not shard.exists():
            raise CheckpointError(
                index, f"It names {quoted(name)}, which is not there. Add the missing shard."
            )
        found = read_header(inside(shard, root)).tensors
        if found.keys() != named:
            odd = min(found.keys() ^ named)
            which = "only the index" if odd in named else "only the shard"
            raise CheckpointError(
                index,
                f"It does not agree with {quoted(name)}: {which} has {quoted(odd)}. Save the model "
                "again with save_pretrained, into an empty folder.",
            )
        tensors |= found
    return Header(index.parent, tensors, {})


def _weight_map(index: Path) -> Mapping[str, str]:
    try:
        # Opening a pipe would wait for who writes into it.
        if not index.is_file():
            raise CheckpointError(index, "This is no file. It should be the index of shards.")
        size = index.stat().st_size
        if size > LONGEST_INDEX:
            raise CheckpointError(
                index,
                f"It has {size} bytes, and an index of shards at most {LONGEST_INDEX}. Save the "
                "model again with save_pretrained.",
            )
        content = json.loads(index.read_bytes().decode(), object_pairs_hook=unique_names)
    except OSError as error:
        raise CheckpointError(
            index, f"It cannot be read: {error.strerror}. Check the file and its permissions."
        ) from error
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
                f"It names {quoted(file)} as a shard. A shard is a .safetensors file in the folder "
                "of its index, named without any path.",
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
        index,
        f"This is no index of shards: {problem}. Save the model again with save_pretrained.",
    )
