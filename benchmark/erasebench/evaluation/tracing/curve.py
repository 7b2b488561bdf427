"""Tracing: generates one concept at several points between the base and an erased model.

All points share the start latents of the standard prompt. The judge and the scoring CLIP see every
image; `erasebench.stats.tracing` computes the curve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load, save
from tqdm import tqdm

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import BASE
from erasebench.disk import append_lines, keep_lines, replace_file, whole_lines
from erasebench.errors import RunFolderError
from erasebench.evaluation.run.models import LoadedModels
from erasebench.evaluation.run.record_log import read_lines
from erasebench.evaluation.run.run_folder import START_AGAIN
from erasebench.frozen_model import FrozenModel
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.results.trace import Trace, TraceKind
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.tracing import trace_of

Changed = Mapping[str, torch.Tensor]
"""Canonical name → a tensor that differs from the base's."""

Points = Mapping[float, Callable[[], Changed]]
"""Position → loads its tensors, so that one set is in memory at a time.

A position is λ, or the updates of a training; 0 is the base. Ascending.
"""

Seen = tuple[torch.Tensor, torch.Tensor]
"""Of one point with S images: CLIP embeddings, float32 (S, D), unit vectors; judge hits, bool (S,).

Hits are False if the judge does not know concepts of this kind.
"""

TRACED = "traced"
"""Name of a point's weights in the pipeline."""


class PointTiming(FrozenModel):
    """Time of one point, in the process that finished it."""

    seconds: float = Field(ge=0, description="Wall time to generate and judge its images.")


def trace_interpolation(
    models: LoadedModels, concept: Concept, changed: Changed, folder: Path
) -> Trace:
    """The curve along mixtures of base and erased model: θ0 + λ(θ − θ0), λ from 0 to 1.

    All tensors that differ are mixed, including the text encoder's, so it works for every
    submission and needs nothing from its training.

    Args:
        models: generate and judge; the protocol fixes the number of λ and seeds.
        concept: the erased concept.
        changed: the erased model's tensors.
        folder: of a run, claimed and locked. Points and times are stored there, in two files per
            concept, and an interrupted trace is resumed.

    Raises:
        DiskFullError, UnwritableError: if a point cannot be stored; those before it stay.
        RunFolderError: if a file is damaged.

    Source: Lu et al. 2025, §3.5.
    Deviation: their curve follows the training, whose checkpoints are rarely published.
    """
    base = models.pipeline.weights(BASE).tensors()
    last = models.protocol.tracing_points - 1
    points = {
        step / last: partial(interpolated, base, changed, step / last) for step in range(last + 1)
    }
    return _trace(models, concept, "interpolation", points, folder)


def trace_checkpoints(
    models: LoadedModels, concept: Concept, checkpoints: Points, folder: Path
) -> Trace:
    """The curve along a training's checkpoints, starting at the base.

    Args:
        models: generate and judge; the protocol fixes the number of seeds.
        concept: the erased concept.
        checkpoints: without the base; the last is the erased model.
        folder: see `trace_interpolation`.

    Raises:
        DiskFullError, UnwritableError, RunFolderError: see `trace_interpolation`.

    Source: Lu et al. 2025, §3.5 and appendix D.6.
    """
    return _trace(models, concept, "checkpoints", {0: dict, **checkpoints}, folder)


def traced_seconds(concept: Concept, folder: Path) -> float:
    """Wall time of all points of a trace, in all processes.

    Raises:
        RunFolderError: if the file of times is damaged.
    """
    return sum(one.seconds for one in read_lines(_times(concept, folder), PointTiming))


def interpolated(base: Changed, changed: Changed, share: float) -> dict[str, torch.Tensor]:
    """θ0 + λ(θ − θ0) of every changed tensor, in float64; exactly θ0 and θ at λ = 0 and 1.

    Args:
        base: has every name of `changed`.
        changed: θ.
        share: λ from 0 to 1.
    """
    return {
        name: torch.lerp(base[name].double(), tensor.to(base[name].device).double(), share)
        for name, tensor in changed.items()
    }


def _times(concept: Concept, folder: Path) -> Path:
    return folder / f"trace-{concept.name}.times.jsonl"


def _trace(
    models: LoadedModels, concept: Concept, kind: TraceKind, points: Points, folder: Path
) -> Trace:
    """Generates the missing points one by one and computes the curve."""
    seeds = models.protocol.tracing_seeds
    path, times = folder / f"trace-{concept.name}.safetensors", _times(concept, folder)
    seen = read_points(path)
    # The time of a point that was not stored.
    keep_lines(times, whole_lines(times)[: len(seen)])
    with tqdm(
        desc=f"trace, {concept.name}",
        total=seeds * len(points),
        initial=seeds * len(seen),
        unit=" images",
    ) as progress:
        for changed in list(points.values())[len(seen) :]:
            began = perf_counter()
            seen.append(_see(models, concept, changed()))
            timing = PointTiming(seconds=round(perf_counter() - began, 3))
            append_lines(times, [timing.model_dump_json()])
            write_points(path, seen)
            progress.update(seeds)
    embeddings, hits = (torch.stack(parts).numpy() for parts in zip(*seen, strict=True))
    judged = hits if _is_judged(models, concept) else None
    return trace_of(kind, concept.name, list(points), embeddings, judged, BootstrapWeights())


def _see(models: LoadedModels, concept: Concept, changed: Changed) -> Seen:
    """Generates and judges a point's images."""
    protocol, panel = models.protocol, models.panel
    models.pipeline.add_weights(TRACED, changed)
    try:
        pictures = models.pictures(
            [
                StandardPrompt().trajectory(protocol, concept, seed, 0, TRACED)
                for seed in range(protocol.tracing_seeds)
            ]
        )
    finally:
        models.pipeline.remove_weights(TRACED)
    embeddings = panel.clip.embed(pictures).cpu()
    if not _is_judged(models, concept):
        return embeddings, torch.zeros(len(pictures), dtype=torch.bool)
    judged = panel.judge.judge(pictures, [concept] * len(pictures))
    return embeddings, torch.from_numpy(judged.top1)


def _is_judged(models: LoadedModels, concept: Concept) -> bool:
    return concept.kind == "object" or models.protocol.style_judged


def read_points(path: Path) -> list[Seen]:
    """The stored points of a trace; none without the file.

    Raises:
        RunFolderError: if the file is damaged.
    """
    if not path.exists():
        return []
    try:
        found = load(path.read_bytes())
        return list(zip(found["embeddings"], found["hits"], strict=True))
    except (SafetensorError, KeyError) as error:
        message = f"{path.name} is damaged: {error}. {START_AGAIN}"
        raise RunFolderError(path.parent, message) from error


def write_points(path: Path, seen: list[Seen]) -> None:
    """Stores a trace's points; the file is replaced as a whole.

    Raises:
        DiskFullError, UnwritableError: if it cannot be written; the old points stay.
    """
    embeddings, hits = map(torch.stack, zip(*seen, strict=True))
    replace_file(path, save({"embeddings": embeddings, "hits": hits}))
