"""An erased checkpoint, known by its headers only. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from erasebench.concepts import CONCEPTS
from erasebench.errors import CheckpointError, quoted
from erasebench.submission.base_tensors import part_tensors
from erasebench.submission.card import DiffHeader, diff_header
from erasebench.submission.edit import Edit, Whole
from erasebench.submission.formats.diff import diff_edits
from erasebench.submission.formats.lora import is_lora, lora_edits
from erasebench.submission.formats.original import is_original, original_parts
from erasebench.submission.formats.prompt_filter import ACTS_FROM, PromptFilter, check_prompt_filter
from erasebench.submission.header import FLOATS, Header, TensorEntry, read_header
from erasebench.submission.layout import Layout, check_exists, part_folders, part_named
from erasebench.submission.weights_file import inside, read_weights


@dataclass(frozen=True)
class Checkpoint:
    """An erased checkpoint; no weights in memory.

    Attributes:
        path: the file or folder.
        layout: its form.
        tensors: canonical name → edit of this tensor.
        diff: metadata of a diff or a prompt filter; None for other layouts.
        called: a given name; None for the name of its file or folder.
    """

    path: Path
    layout: Layout
    tensors: Mapping[str, Edit]
    diff: DiffHeader | None
    called: str | None = None

    @property
    def name(self) -> str:
        """The given name, or that of its file or folder."""
        return self.called or self.path.resolve().name.removesuffix(".safetensors")

    @property
    def has_whole_parts(self) -> bool:
        """Whether each part in it is complete."""
        return self.diff is None and self.layout != "lora"

    @property
    def concept(self) -> str | None:
        """The erased concept in its card; not checked to exist."""
        return self.diff.card.concept if self.diff else None

    @property
    def method(self) -> str | None:
        """The erasure method in its card."""
        return self.diff.card.method if self.diff else None

    @property
    def filtered(self) -> PromptFilter | None:
        """The prompt filter; None for other layouts."""
        if self.layout not in ACTS_FROM:
            return None
        # Checked when the file was opened.
        assert self.concept is not None
        return PromptFilter(CONCEPTS[self.concept].label, ACTS_FROM[self.layout])


def open_checkpoint(path: Path) -> Checkpoint:
    """Opens a checkpoint of any layout by its headers.

    Args:
        path: a pipeline folder; a folder or safetensors file of a UNet, a text encoder or a LoRA;
            a single-file checkpoint in the original naming; a diff; a prompt filter; or a folder
            with one of these. A folder may contain shards with their index.

    Raises:
        PickleRefusedError: if weights are a pickle.
        CheckpointError: if it is none of these, a file is damaged, or tensors are not
            floating-point.
    """
    checkpoint = _opened(path)
    _check_dtypes(checkpoint)
    return checkpoint


def _opened(path: Path) -> Checkpoint:
    check_exists(path)
    parts = part_folders(path)
    if parts:
        for file in sorted(path.glob("*.safetensors")):
            _refuse_edit(inside(file, path))
        tensors = {
            name: entry
            for part, folder in parts.items()
            for name, entry in part_tensors(part, read_weights(folder, path)).items()
        }
        return Checkpoint(path, "pipeline", _whole(tensors), None)
    header = read_weights(path, path)
    # Only the header shows what a single file is.
    diff = diff_header(header)
    if diff is not None:
        return _diff(path, header, diff)
    if is_lora(header.tensors):
        _refuse_adapter_in_shards(header)
        return Checkpoint(path, "lora", lora_edits(header, path), None)
    if is_original(header.tensors):
        found = original_parts(header.path, header.tensors)
        return Checkpoint(path, "original", _whole(found), None)
    part = part_named(header.tensors)
    return Checkpoint(path, part, _whole(part_tensors(part, header)), None)


def check_edits_weights(checkpoint: Checkpoint) -> None:
    """Rejects a prompt filter where tensors are needed.

    Raises:
        CheckpointError: if it is one.
    """
    if checkpoint.filtered is not None:
        raise CheckpointError(
            checkpoint.path,
            "A prompt filter changes no tensor. Use a checkpoint with edited weights.",
        )


def _refuse_edit(path: Path) -> None:
    """Rejects an adapter or a diff next to folders of parts, since it is ambiguous.

    A single-file checkpoint there is allowed: released models contain such copies.
    """
    # A long header takes much memory; the caller reads many and keeps none.
    header = read_header(path)
    lora = is_lora(header.tensors)
    if lora or diff_header(header) is not None:
        raise CheckpointError(
            path,
            f"A {'LoRA' if lora else 'diff'} next to folders of a pipeline's parts is ambiguous. "
            "Give this file or the folder of the part, or keep only one of them.",
        )


def _refuse_adapter_in_shards(header: Header) -> None:
    """Rejects a sharded adapter, since its settings belong to one file."""
    if header.path.is_dir():
        raise CheckpointError(
            header.path,
            "A sharded LoRA is not supported, since the adapter's settings belong to one file. "
            "Save it as one file, with save_lora_weights or PEFT's save_pretrained.",
        )


def _check_dtypes(checkpoint: Checkpoint) -> None:
    wrong = [
        f"{quoted(name)} is {entry.dtype}"
        for name, edit in sorted(checkpoint.tensors.items(), key=itemgetter(0))
        for entry in edit.floats
        if entry.dtype not in FLOATS
    ]
    if wrong:
        raise CheckpointError(
            checkpoint.path,
            f"{len(wrong)} tensors are not plain floating-point numbers (the first: {wrong[0]}). "
            f"Weights must be one of {', '.join(FLOATS)}: save the model before quantising.",
        )


def _diff(path: Path, header: Header, diff: DiffHeader) -> Checkpoint:
    match diff.kind:
        case "prompt_filter" | "early_prompt_filter":
            check_prompt_filter(header, diff)
            return Checkpoint(path, diff.kind, {}, diff)
        case _:
            return Checkpoint(path, "diff", diff_edits(header, diff), diff)


def _whole(tensors: Mapping[str, TensorEntry]) -> dict[str, Edit]:
    return {name: Whole(entry) for name, entry in tensors.items()}
