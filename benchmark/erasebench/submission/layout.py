"""How a checkpoint is given: which parts a folder has, and what the names in one file say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.submission.names import PARTS, TEXT_ENCODER, UNET
from erasebench.submission.weights_file import ALLOWED, pickles_in

SourceLayout = Literal["pipeline", "unet", "text_encoder", "original", "lora", "diff"]
"""The layouts in which a submission may be given: a folder of parts; one part (folder, file or
shards); one file with all parts in the original naming; a low-rank adapter; or a diff."""

Layout = Literal[SourceLayout, "prompt_filter", "early_prompt_filter"]
"""How a checkpoint was given: as a submission may be, or as a filter."""

_OF_TEXT_ENCODERS = ("embeddings.", "encoder.", "final_layer_norm.")
"""How the names in a text encoder begin, after the old prefix; those in a UNet never do."""


def part_folders(folder: Path) -> dict[str, Path]:
    """The folders of a pipeline's parts that an erasure may change; none if it is no pipeline.

    A pipeline may hold one part alone; the other is then the base's. VAE, tokenizer, scheduler
    and safety checker are not looked at.

    Raises:
        PickleRefusedError: if the weights of a part are there as a pickle only.
    """
    parts = {part: folder / part for part in PARTS if (folder / part).is_dir()}
    pickles = [pickle for place in parts.values() for pickle in pickles_in(place)]
    if pickles:
        raise PickleRefusedError(pickles[0], folder, tuple(pickles[1:]))
    return parts


def part_named(names: Iterable[str]) -> Literal["unet", "text_encoder"]:
    """The part that a file holds, by its names: a text encoder, or else a UNet.

    Args:
        names: as in the file, of a part alone.
    """
    plain = (name.removeprefix("text_model.") for name in names)
    return TEXT_ENCODER if any(name.startswith(_OF_TEXT_ENCODERS) for name in plain) else UNET


def check_exists(path: Path) -> None:
    """Refuses a path at which there is nothing.

    Raises:
        CheckpointError: if so, or if the system will not tell.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(path, f"There is no such file or folder. {ALLOWED}.") from error
    except OSError as error:
        raise CheckpointError(path, f"It cannot be read: {error.strerror}. {ALLOWED}.") from error
