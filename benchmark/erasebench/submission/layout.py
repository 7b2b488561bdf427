"""Which files of a folder hold a model's parts, as diffusers and transformers save them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from erasebench.errors import CheckpointError, PickleRefusedError
from erasebench.submission.header import PICKLE_SUFFIXES
from erasebench.submission.names import PARTS, UNET

Layout = Literal["pipeline", "unet", "diff", "prompt_filter", "early_prompt_filter"]
"""How a checkpoint was given: a folder of parts, a UNet (folder or file), a diff, or a filter."""

_STANDARD = ("diffusion_pytorch_model.safetensors", "model.safetensors")
"""What save_pretrained calls the weights of a UNet and of a text encoder."""

_ALLOWED = (
    "Give a pipeline folder (with unet/ or text_encoder/), a UNet folder, a UNet's safetensors "
    "file, or a diff"
)


def part_files(folder: Path) -> tuple[Layout, dict[str, Path]]:
    """Finds the files of a checkpoint that was given as a folder.

    A pipeline may hold one part alone; the other is then the base's. VAE, tokenizer, scheduler
    and safety checker are not looked at.

    Returns:
        The layout, and the file of each part that is there.

    Raises:
        PickleRefusedError: if a part's weights are there as a pickle only.
        CheckpointError: if no part is found, or it is not clear which file holds one.
    """
    parts = {part: folder / part for part in PARTS if (folder / part).is_dir()}
    if parts:
        return "pipeline", {part: _weights_file(place) for part, place in parts.items()}
    return "unet", {UNET: _weights_file(folder)}


def _weights_file(folder: Path) -> Path:
    """The one file with a part's weights."""
    if list(folder.glob("*.index.json")):
        raise CheckpointError(
            folder,
            "Its weights are split over several files, which are not read. Save them in one: "
            'save_pretrained(folder, max_shard_size="100GB").',
        )
    found = sorted(folder.glob("*.safetensors"))
    standard = [path for path in found if path.name in _STANDARD]
    candidates = standard or found
    if len(candidates) > 1:
        names = ", ".join(path.name for path in candidates)
        raise CheckpointError(
            folder,
            f"It holds {names}, and it is not clear which is meant. Name the file, or keep one, "
            f"called {_STANDARD[0]}.",
        )
    if not candidates:
        pickles = sorted(path for path in folder.glob("*") if path.suffix in PICKLE_SUFFIXES)
        if pickles:
            raise PickleRefusedError(pickles[0])
        raise CheckpointError(folder, f"It holds no safetensors file of a model. {_ALLOWED}.")
    return candidates[0]


def check_exists(path: Path) -> None:
    """Refuses a path at which there is nothing.

    Raises:
        CheckpointError: if so, or if the system will not tell.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CheckpointError(path, f"There is no such file or folder. {_ALLOWED}.") from error
    except OSError as error:
        raise CheckpointError(path, f"It cannot be read: {error.strerror}. {_ALLOWED}.") from error
