"""Writes an erased model as the folders that diffusers and transformers read."""

from __future__ import annotations

from pathlib import Path

from erasebench.disk import replace_file
from erasebench.submission.base import BaseTensors
from erasebench.submission.changed import load_changed_tensors
from erasebench.submission.checkpoint import Checkpoint, check_edits_weights
from erasebench.submission.names import TEXT_ENCODER, UNET, part_of, parts_of
from erasebench.submission.tensors import read_tensor, save_tensors

_FILES = {
    UNET: "diffusion_pytorch_model.safetensors",
    TEXT_ENCODER: "model.safetensors",
}
"""What save_pretrained calls the weights of each part."""

_CONFIG = "config.json"


def write_edited(checkpoint: Checkpoint, base: BaseTensors, folder: Path) -> tuple[Path, ...]:
    """Writes the parts that a checkpoint changes, each whole, into folders of their names.

    Each changed tensor has the bytes and the dtype that the checkpoint means, and every other those
    of the base. The base's config is put beside the weights, so that `from_pretrained` reads them.

    Args:
        checkpoint: in any layout that changes weights.
        base: what it is an edit of.
        folder: gets `unet/`, `text_encoder/` or both; files of these names are replaced.

    Returns:
        The files of weights, in the order of the parts.

    Raises:
        CheckpointError: as `load_changed_tensors`.
        DiskFullError, UnwritableError: if something cannot be written.
    """
    check_edits_weights(checkpoint)
    changed = load_changed_tensors(checkpoint, base)
    written = []
    for part in parts_of(changed):
        names = [name for name in base.tensors if part_of(name) == part]
        tensors = {
            name.removeprefix(f"{part}."): changed[name]
            if name in changed
            else read_tensor(base.tensors[name])
            for name in names
        }
        path = folder / part / _FILES[part]
        # Without this mark transformers does not read the file.
        save_tensors(path, tensors, {"format": "pt"})
        config = base.folder / part / _CONFIG
        if config.exists():
            replace_file(path.with_name(_CONFIG), config.read_bytes())
        written.append(path)
    return tuple(written)
