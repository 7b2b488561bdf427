"""The file of a latent classifier: safetensors, with concept and base in its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field, ValidationError

from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.pipeline import LoadedPipeline
from erasebench.errors import ErasebenchError, quoted
from erasebench.frozen_model import FrozenModel
from erasebench.submission.card import METADATA_KEY
from erasebench.submission.header import Header, read_header
from erasebench.submission.tensors import digest_of, read_tensor, save_tensors

HELP = "Make it anew with `erasebench classifier train` or `erasebench classifier convert`."

SAME_SCHEDULE = 1e-4
"""Relative difference of ᾱ up to which two schedules are the same, rounded differently."""


class ClassifierFileError(ErasebenchError):
    """A file without a latent classifier of this base.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        """Joins path, problem and remedy."""
        self.path = path
        super().__init__(f"{path}: {problem} {HELP}")


class ClassifierHeader(FrozenModel):
    """Metadata of a latent classifier's file, under the key `erasebench`."""

    schema_version: Literal[1] = Field(default=1, description="Version of this schema.")
    kind: Literal["latent_classifier"] = "latent_classifier"
    concept: str = Field(description="The concept whose probability it gives.")
    latent_shape: tuple[int, int, int] = Field(description="(C, h, w) of one latent.")
    base: str | None = Field(
        description="Digest of the base whose latents it was trained on; null where its makers "
        "name none."
    )
    tensors: str = Field(description="Digest of its tensors, hex.")


def save_latent_classifier(
    path: Path, classifier: LatentClassifier, concept: str, base: str | None
) -> ClassifierHeader:
    """Writes a classifier whole: at any moment the file holds its old content or the new.

    Args:
        path: the file.
        classifier: the classifier.
        concept: name of the concept whose probability it gives.
        base: digest of the base whose latents it was trained on; None if unknown.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old content stays.
    """
    state = classifier.state_dict()
    header = ClassifierHeader(
        concept=concept,
        latent_shape=classifier.latent_shape,
        base=base,
        tensors=digest_of(state),
    )
    save_tensors(path, state, {METADATA_KEY: header.model_dump_json()})
    return header


def load_latent_classifier(
    path: Path, pipeline: LoadedPipeline, base: str
) -> tuple[LatentClassifier, ClassifierHeader]:
    """Loads a classifier for a base's latents, on the pipeline's device, in float32.

    Args:
        path: the file.
        pipeline: the base, whose latent shape and schedule must be the classifier's.
        base: digest of the base's tensors.

    Raises:
        CheckpointError: if the file is not safetensors.
        ClassifierFileError: if it has no latent classifier, a damaged one, or one of another base.
    """
    file = read_header(path)
    header = _header(file)
    if header.latent_shape != pipeline.latent_shape:
        raise ClassifierFileError(
            path,
            f"It reads latents of shape {header.latent_shape}, and the base's have "
            f"{pipeline.latent_shape}.",
        )
    if header.base not in {None, base}:
        raise ClassifierFileError(
            path,
            f"It was trained on latents of base {quoted(header.base)}, not of {base[:12]}….",
        )
    alphas = pipeline.schedule(1).alphas
    with torch.device("meta"):
        classifier = LatentClassifier(header.latent_shape, alphas)
    classifier.load_state_dict(_state(file, classifier, header.tensors), assign=True)
    check_schedule(path, classifier, pipeline)
    classifier.eval().requires_grad_(False)
    return classifier.to(pipeline.device), header


def concept_of(path: Path) -> str:
    """The concept named in a classifier's file; its tensors are not read.

    Raises:
        CheckpointError: if the file is not safetensors.
        ClassifierFileError: if it holds no latent classifier.
    """
    return _header(read_header(path)).concept


def check_schedule(path: Path, classifier: LatentClassifier, pipeline: LoadedPipeline) -> None:
    """Rejects a classifier of another schedule than a base's.

    Args:
        path: its file, for the message.
        classifier: on the CPU.
        pipeline: the base.

    Raises:
        ClassifierFileError: if it was trained with another schedule.
    """
    alphas = pipeline.schedule(1).alphas.float()
    own = classifier.alphas
    if own.shape != alphas.shape or not torch.allclose(own, alphas, rtol=SAME_SCHEDULE):
        raise ClassifierFileError(path, "It was trained with another schedule than the base's.")


def _header(file: Header) -> ClassifierHeader:
    try:
        return ClassifierHeader.model_validate(json.loads(file.metadata.get(METADATA_KEY, "{}")))
    except (ValidationError, ValueError) as error:
        raise ClassifierFileError(file.path, "It does not say that it is one.") from error


def _state(file: Header, wanted: LatentClassifier, digest: str) -> dict[str, torch.Tensor]:
    """A file's tensors, with names, shapes, dtypes and digest checked."""
    shapes = {name: tuple(tensor.shape) for name, tensor in wanted.state_dict().items()}
    found = {name: entry.shape for name, entry in file.tensors.items() if entry.dtype == "F32"}
    wrong = [name for name in shapes if found.get(name) != shapes[name]]
    wrong += sorted(file.tensors.keys() - shapes.keys())
    if wrong:
        raise ClassifierFileError(
            file.path,
            f"Its tensors are not the float32 ones of a latent classifier: {quoted(wrong)} are "
            "missing, of another shape or dtype, or not known.",
        )
    state = {name: read_tensor(entry) for name, entry in file.tensors.items()}
    if digest_of(state) != digest:
        raise ClassifierFileError(file.path, "Its tensors are not those that it was saved with.")
    return state
