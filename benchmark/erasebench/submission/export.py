"""Writes an erased model as folders for diffusers and transformers."""

from __future__ import annotations

from pathlib import Path

from erasebench.disk import replace_file
from erasebench.submission.base_tensors import BaseTensors
from erasebench.submission.checkpoint import Checkpoint, check_edits_weights
from erasebench.submission.load_changes import load_changed_tensors
from erasebench.submission.tensor_names import TEXT_ENCODER, UNET, part_of, parts_of
from erasebench.submission.tensors import read_tensor, save_tensors

_FILES = {UNET: "diffusion_pytorch_model.safetensors", TEXT_ENCODER: "model.safetensors"}
"""File names of each part in save_pretrained."""

_CONFIG = "config.json"


def write_edited(checkpoint: Checkpoint, base: BaseTensors, folder: Path) -> tuple[Path, ...]:
    """Writes each changed part of a checkpoint, complete, to a folder of its name.

    Changed tensors have the values and dtype of the checkpoint, all others those of the base. The
    base's config is copied, so that `from_pretrained` can read the folder.

    Args:
        checkpoint: any layout that changes weights.
        base: its base.
        folder: for `unet/` and `text_encoder/`; existing files are replaced.

    Returns:
        The weight files, in the order of the parts.

    Raises:
        CheckpointError: see `load_changed_tensors`.
        DiskFullError, UnwritableError: if a file cannot be written.
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
        # Transformers does not read the file without this metadata.
        save_tensors(path, tensors, {"format": "pt"})
        config = base.folder / part / _CONFIG
        if config.exists():
            replace_file(path.with_name(_CONFIG), config.read_bytes())
        written.append(path)
    return tuple(written)
