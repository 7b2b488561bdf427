"""The layout of a checkpoint, from its folders or the names in its file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.submission.tensor_names import PARTS, TEXT_ENCODER, UNET
from erasebench.submission.weights_file import ALLOWED, pickles_in

SourceLayout = Literal["pipeline", "unet", "text_encoder", "original", "lora", "diff"]
"""Layouts of submissions: a folder of parts; one part (folder, file or shards); one file with all
parts in the original naming; a low-rank adapter; or a diff."""

Layout = Literal[SourceLayout, "prompt_filter", "early_prompt_filter"]
"""Layouts of checkpoints: those of submissions, and filters."""

_OF_TEXT_ENCODERS = ("embeddings.", "encoder.", "final_layer_norm.")
"""Prefixes of names in a text encoder, after the old prefix; not used in a UNet."""


def part_folders(folder: Path) -> dict[str, Path]:
    """The folders of a pipeline's parts that an erasure may change; none if it is not a pipeline.

    A pipeline may contain only one part; the other is then the base's. VAE, tokenizer, scheduler
    and safety checker are ignored.

    Raises:
        PickleRefusedError: if the weights of a part are only a pickle.
    """
    parts = {part: folder / part for part in PARTS if (folder / part).is_dir()}
    pickles = [pickle for place in parts.values() for pickle in pickles_in(place)]
    if pickles:
        raise PickleRefusedError(pickles[0], folder, tuple(pickles[1:]))
    return parts


def part_named(names: Iterable[str]) -> Literal["unet", "text_encoder"]:
    """The part in a file, from its names: a text encoder, or else a UNet.

    Args:
        names: of the tensors in the file.
    """
    plain = (name.removeprefix("text_model.") for name in names)
    return TEXT_ENCODER if any(name.startswith(_OF_TEXT_ENCODERS) for name in plain) else UNET


def check_exists(path: Path) -> None:
    """Rejects a path that does not exist.

    Raises:
        CheckpointError: if it does not exist or cannot be read.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(path, f"No such file or folder. {ALLOWED}.") from error
    except OSError as error:
        raise CheckpointError(path, f"Cannot be read: {error.strerror}. {ALLOWED}.") from error
