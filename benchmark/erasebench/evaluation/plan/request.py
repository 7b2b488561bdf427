"""Checked options of an evaluation: of one checkpoint, or of all of a submission."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from erasebench.disk import unfinished
from erasebench.errors import RequestError, RunFolderError, quoted
from erasebench.evaluation.plan.classifier_sources import ClassifierSources, classifier_sources
from erasebench.evaluation.plan.kept_images import KeptImages, images_of
from erasebench.evaluation.plan.selection import Selection, select
from erasebench.hub.protocol_models import find_protocol
from erasebench.imagenet import Numbering
from erasebench.protocol import PUBLIC_SEEDS, Protocol, SeedSet
from erasebench.protocol.seeds import check_held
from erasebench.results.result import Declaration
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint

RESULT = "result.json"
"""Name of the result inside a run's folder."""

RUNS = Path("runs")
"""Default parent of run folders."""


@dataclass(frozen=True)
class Compute:
    """Where and how models compute.

    Attributes:
        device: name of the device, e.g. `cpu` or `cuda:1`.
        threads: CPU threads; None for torch's default.
        batch_size: images per batch; None to fill the device.
        dtype: precision of the base's weights, e.g. `bfloat16`; None for the default.
    """

    device: str = "cpu"
    threads: int | None = None
    batch_size: int | None = None
    dtype: str | None = None


CPU = Compute()
"""The CPU, with defaults."""


@dataclass(frozen=True)
class Request:
    """A checked evaluation of one checkpoint.

    Attributes:
        checkpoint: known by its headers.
        protocol: the protocol to run.
        selection: the part of its suite to run.
        folder: the run's folder.
        images: which images are kept as files.
        compute: device, threads, batch size and precision.
        address: where the checkpoint was downloaded from; None for a local file.
        declared: declarations of its manifest; None without one.
        sources: of latent classifiers, if not the protocol's recipe.
        seeds: of all noise streams.
    """

    checkpoint: Checkpoint
    protocol: Protocol
    selection: Selection
    folder: Path
    images: KeptImages
    compute: Compute = CPU
    address: str | None = None
    declared: Declaration | None = None
    sources: ClassifierSources = ClassifierSources()
    seeds: SeedSet = PUBLIC_SEEDS

    @property
    def result(self) -> Path:
        """The result file."""
        return self.folder / RESULT

    @property
    def command(self) -> str:
        """The command that reproduces the result, run next to the checkpoint."""
        words = ["erasebench", "evaluate", self.address or self.checkpoint.path.resolve().name]
        words += ["--protocol", self.protocol.name]
        for concept in self.selection.concepts:
            words += ["--concept", concept]
        if self.selection.named:
            for name in self.selection.names:
                words += ["--probe", name]
        if self.selection.limit is not None:
            words += ["--limit", str(self.selection.limit)]
        if self.seeds != PUBLIC_SEEDS:
            words += ["--season", self.seeds.name]
        if self.compute.dtype is not None:
            words += ["--dtype", self.compute.dtype]
        return shlex.join([*words, *self.sources.words])


def request(
    path: Path,
    *,
    concepts: tuple[str, ...] = (),
    probes: tuple[str, ...] = (),
    limit: int | None = None,
    protocol: Protocol | None = None,
    folder: Path | None = None,
    images: KeptImages | None = None,
    compute: Compute = CPU,
    name: str | None = None,
    address: str | None = None,
    declared: Declaration | None = None,
    data: str | None = None,
    numbering: Numbering | None = None,
    classifiers: tuple[str, ...] = (),
    seeds: SeedSet = PUBLIC_SEEDS,
) -> Request:
    """Checks the options against the checkpoint's headers and the protocol.

    Args:
        path: the checkpoint, see `open_checkpoint`.
        concepts: erased concepts; empty for the one in the checkpoint's card.
        probes: see `select`.
        limit: see `select`.
        protocol: None to detect it from the tensors.
        folder: None for `runs/NAME`.
        images: see `images_of`.
        name: of the checkpoint; None for the name of its file or folder.
        compute: see `Request`.
        address: see `Request`.
        declared: see `Request`.
        data: see `classifier_sources`.
        numbering: see `classifier_sources`.
        classifiers: see `classifier_sources`.
        seeds: see `Request`.

    Raises:
        CheckpointError: if the checkpoint is invalid, or not an edit of a protocol's base.
        UnknownNameError: if a concept or probe is unknown; suggests the nearest.
        RequestError: if the concept is unknown, the options for latent classifiers are invalid, or
            the season does not include the protocol or allows no images.
    """
    checkpoint = replace(open_checkpoint(path), called=name)
    protocol = find_protocol(checkpoint) if protocol is None else protocol
    check_held(seeds, protocol.name)
    if not concepts and checkpoint.concept is not None:
        concepts = (checkpoint.concept,)
    if not concepts:
        raise RequestError(
            f"The erased concept of {path} is unknown. "
            f"Name it with --concept, one of: {', '.join(protocol.concepts)}."
        )
    selection = select(protocol, concepts, probes, limit)
    return Request(
        checkpoint=checkpoint,
        protocol=protocol,
        selection=selection,
        folder=RUNS / checkpoint.name if folder is None else folder,
        images=images_of(images, seeds),
        compute=compute,
        address=address,
        declared=declared,
        sources=classifier_sources(protocol, selection, data, numbering, classifiers),
        seeds=seeds,
    )


CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints' runs in that of a submission; each has its concept's name."""


@dataclass(frozen=True)
class RowRequest:
    """A checked evaluation of all checkpoints of a submission; made by `row_request`.

    Attributes:
        name: of the entry.
        folder: of all runs and their common result.
        checkpoints: one request per checkpoint.
    """

    name: str
    folder: Path
    checkpoints: tuple[Request, ...]

    @property
    def result(self) -> Path:
        """The common result file."""
        return self.folder / RESULT


def row_folder(name: str, folder: Path | None) -> Path:
    """The folder of a submission's evaluation: the one given, else `runs/NAME`."""
    return RUNS / name if folder is None else folder


def check_no_other_files(
    folder: Path, allowed: Sequence[str], claimed_by: str | None = None
) -> None:
    """Refuses a folder with other files.

    The folder is listed once, so that a process which claims it meanwhile is not in the way.

    Args:
        folder: must exist.
        allowed: names that it may contain.
        claimed_by: name of the file that makes the folder one of ours, whatever else it contains.

    Raises:
        RunFolderError: if it is not claimed and an entry has another name than these.
    """
    names = {entry.name for entry in folder.iterdir()}
    others = sorted(names.difference(allowed))
    if others and claimed_by not in names:
        raise RunFolderError(
            folder,
            f"The folder contains other files: {quoted(others[0])}. Choose a new or empty folder "
            "with --output.",
        )


def row_request(name: str, folder: Path, checkpoints: Sequence[Request]) -> RowRequest:
    """Checks that requests fit each other and the folder.

    Args:
        name: of the entry.
        folder: see `row_folder`; that of a checkpoint is `CHECKPOINTS/CONCEPT` in it.
        checkpoints: at least one.

    Raises:
        RequestError: if they are edits of different bases.
        RunFolderError: if the folder contains something else.
    """
    names = {one.protocol.name: one.checkpoint.name for one in checkpoints}
    if len(names) > 1:
        found = ", ".join(f"{checkpoint} of {protocol}" for protocol, checkpoint in names.items())
        raise RequestError(
            f"{name} has checkpoints for different bases: {found}. Use a manifest for each, or "
            "choose with --concept."
        )
    if folder.is_dir():
        check_no_other_files(folder, (RESULT, unfinished(folder / RESULT).name, CHECKPOINTS))
    return RowRequest(name, folder, tuple(checkpoints))
