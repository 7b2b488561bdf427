"""What is asked of an evaluation: options and headers, checked before any model is loaded."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from erasebench.errors import RequestError
from erasebench.evaluation.classifier_sources import ClassifierSources, classifier_sources
from erasebench.evaluation.images import KeptImages, images_of
from erasebench.evaluation.selection import Selection, select
from erasebench.hub.models import find_protocol
from erasebench.imagenet import Numbering
from erasebench.protocol import PUBLIC_SEEDS, Protocol, SeedSet
from erasebench.protocol.season import check_held
from erasebench.results.declaration import Declaration
from erasebench.submission.checkpoint import Checkpoint, open_checkpoint

RESULT = "result.json"
"""Name of the result inside a run's folder."""

RUNS = Path("runs")
"""Holds the folders of runs that are given no other."""


@dataclass(frozen=True)
class Request:
    """An evaluation that can begin.

    Attributes:
        checkpoint: known by its headers.
        protocol: whose suite is run.
        selection: which part of it.
        folder: the run's folder.
        images: which pictures are kept as files.
        device: name of the device, e.g. `cpu` or `cuda:1`.
        batch_size: trajectories per batch; None for what fills the device.
        threads: CPU threads; None for torch's own choice.
        address: where the checkpoint was fetched from; None where it was here.
        declared: what the manifest that names it says of itself; None where none does.
        sources: where latent classifiers come from, if not from the protocol's recipe.
        dtype: what the base's weights are computed in, e.g. `bfloat16`; None for the usual.
        seeds: what streams of noise are seeded with.
    """

    checkpoint: Checkpoint
    protocol: Protocol
    selection: Selection
    folder: Path
    images: KeptImages
    device: str = "cpu"
    batch_size: int | None = None
    threads: int | None = None
    address: str | None = None
    declared: Declaration | None = None
    sources: ClassifierSources = ClassifierSources()
    dtype: str | None = None
    seeds: SeedSet = PUBLIC_SEEDS

    @property
    def result(self) -> Path:
        """Where the result is written."""
        return self.folder / RESULT

    @property
    def command(self) -> str:
        """The command that gives the same figures, run beside the checkpoint."""
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
        if self.dtype is not None:
            words += ["--dtype", self.dtype]
        return shlex.join([*words, *self.sources.words])


def request(
    path: Path,
    *,
    concepts: tuple[str, ...] = (),
    probes: tuple[str, ...] = (),
    limit: int | None = None,
    protocol: Protocol | None = None,
    folder: Path | None = None,
    device: str = "cpu",
    images: KeptImages | None = None,
    batch_size: int | None = None,
    threads: int | None = None,
    name: str | None = None,
    address: str | None = None,
    declared: Declaration | None = None,
    data: str | None = None,
    numbering: Numbering | None = None,
    classifiers: tuple[str, ...] = (),
    dtype: str | None = None,
    seeds: SeedSet = PUBLIC_SEEDS,
) -> Request:
    """Checks what is asked for against the checkpoint's headers and the protocol.

    Args:
        path: the checkpoint: a pipeline folder, a UNet folder, a UNet's safetensors file, a diff
            or a prompt filter.
        concepts: erased concepts; none for the one that the checkpoint's card names.
        probes: see `select`.
        limit: see `select`.
        protocol: None for the one whose base the checkpoint is an edit of.
        folder: None for one in `runs` that bears the checkpoint's name.
        device: see `Request`.
        images: see `images_of`.
        batch_size: see `Request`.
        threads: see `Request`.
        name: what to call the checkpoint; None for the name of its file or folder.
        address: see `Request`.
        declared: see `Request`.
        data: see `classifier_sources`.
        numbering: see `classifier_sources`.
        classifiers: see `classifier_sources`.
        dtype: see `Request`.
        seeds: see `Request`.

    Raises:
        CheckpointError: if the checkpoint cannot be read, or is an edit of no protocol's base.
        UnknownNameError: if a concept or probe is none of the protocol's; suggests the nearest.
        RequestError: if no concept is named, latent classifiers cannot be had as asked for, or the
            season is of other protocols or must keep no pictures.
    """
    checkpoint = replace(open_checkpoint(path), called=name)
    protocol = find_protocol(checkpoint) if protocol is None else protocol
    check_held(seeds, protocol.name)
    if not concepts and checkpoint.concept is not None:
        concepts = (checkpoint.concept,)
    if not concepts:
        raise RequestError(
            f"{path} does not say which concept it has erased. "
            f"Name it with --concept, one of: {', '.join(protocol.concepts)}."
        )
    selection = select(protocol, concepts, probes, limit)
    return Request(
        checkpoint=checkpoint,
        protocol=protocol,
        selection=selection,
        folder=RUNS / checkpoint.name if folder is None else folder,
        device=device,
        images=images_of(images, seeds),
        batch_size=batch_size,
        threads=threads,
        address=address,
        declared=declared,
        sources=classifier_sources(protocol, selection, data, numbering, classifiers),
        dtype=dtype,
        seeds=seeds,
    )
