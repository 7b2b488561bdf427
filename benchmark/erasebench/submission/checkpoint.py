"""A checkpoint: what was given for one erased concept, known by its headers alone. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from erasebench.concepts import CONCEPTS
from erasebench.submission.base import part_tensors
from erasebench.submission.card import DiffHeader, diff_header
from erasebench.submission.header import TensorEntry, read_header
from erasebench.submission.layout import Layout, check_exists, part_files
from erasebench.submission.names import UNET
from erasebench.submission.prompt_filter import ACTS_FROM, PromptFilter, check_prompt_filter


@dataclass(frozen=True)
class Checkpoint:
    """An erased model as it was given; no weights in memory.

    Attributes:
        path: the file or folder.
        layout: how it was given.
        tensors: canonical name → where it lies.
        diff: what a diff or a prompt filter says of itself; None for the other layouts.
        called: what whoever gave it calls it; None for the name of its file or folder.
    """

    path: Path
    layout: Layout
    tensors: Mapping[str, TensorEntry]
    diff: DiffHeader | None
    called: str | None = None

    @property
    def name(self) -> str:
        """What to call it; where nothing better is known, its file's or folder's name."""
        return self.called or self.path.resolve().name.removesuffix(".safetensors")

    @property
    def concept(self) -> str | None:
        """Name of the concept that its card says was erased; not checked to exist."""
        return self.diff.card.concept if self.diff else None

    @property
    def method(self) -> str | None:
        """The erasure method that its card names."""
        return self.diff.card.method if self.diff else None

    @property
    def filtered(self) -> PromptFilter | None:
        """What a prompt filter lets through in no prompt; None for the other layouts."""
        if self.layout not in ACTS_FROM:
            return None
        # Opening it found that it names a concept that there is.
        assert self.concept is not None
        return PromptFilter(CONCEPTS[self.concept].label, ACTS_FROM[self.layout])


def open_checkpoint(path: Path) -> Checkpoint:
    """Finds out how a checkpoint was given, and which tensors it holds.

    Args:
        path: a pipeline folder, a UNet folder, a UNet's safetensors file, a diff, a prompt filter,
            or a folder that holds one of the last two.

    Raises:
        PickleRefusedError: if weights are there as a pickle.
        CheckpointError: if it is none of these, or a file is broken.
    """
    check_exists(path)
    layout, files = part_files(path) if path.is_dir() else ("unet", {UNET: path})
    if layout == "unet":
        # A lone file may be a diff or a filter as well, which only its header tells.
        header = read_header(files[UNET])
        diff = diff_header(header)
        if diff is not None:
            match diff.kind:
                case "replace" | "delta":
                    return Checkpoint(path, "diff", header.tensors, diff)
                case kind:
                    check_prompt_filter(header, diff)
                    return Checkpoint(path, kind, header.tensors, diff)
    tensors = {
        name: entry
        for part, file in files.items()
        for name, entry in part_tensors(part, file).items()
    }
    return Checkpoint(path, layout, tensors, None)
