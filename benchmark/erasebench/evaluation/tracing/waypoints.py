"""Tracing: draws one concept at every point of a way from the base to an erased model.

Every point is drawn from the same start latents, those of the standard prompt, and judged by the
judge and by the scoring CLIP. What the curve then says is the business of statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import torch
from tqdm import tqdm

from erasebench.concepts import Concept
from erasebench.diffusion.trajectory import BASE
from erasebench.evaluation.run.models import Apparatus
from erasebench.evaluation.tracing.progress import (
    add_time,
    keep_times,
    read_traced,
    seconds_of,
    write_traced,
)
from erasebench.probes.standard_prompt import StandardPrompt
from erasebench.results.trace import Trace, TraceKind
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.tracing import trace_of

Changed = Mapping[str, torch.Tensor]
"""Canonical name → a tensor that differs from the base's."""

_TRACED = "traced"
"""Name of the weights of the point that is being drawn; there is one such set at a time."""


@dataclass(frozen=True)
class Waypoint:
    """A point on the way.

    Attributes:
        position: λ, or updates of a training; 0 for the base.
        changed: gives its tensors when they are needed, so that one set is in memory at a time.
    """

    position: float
    changed: Callable[[], Changed]


def trace_interpolation(
    apparatus: Apparatus, concept: Concept, changed: Changed, folder: Path
) -> Trace:
    """The curve along mixtures of base and erased model: θ0 + λ(θ − θ0), λ from 0 to 1.

    All tensors that differ are mixed, those of the text encoder too, so it works for every
    submission and needs nothing of its training.

    Args:
        apparatus: draws and judges; the protocol says how many λ and seeds.
        concept: the erased one.
        changed: the erased model's tensors.
        folder: a run's, claimed and locked; points are kept there in a file of the concept's, and
            what each took in another.

    Raises:
        DiskFullError, UnwritableError: if a point cannot be kept; those before it stay.
        RunFolderError: if the file of points is damaged.

    Source: Lu et al. 2025, §3.5. Deviation: their way leads along the training, which few publish.
    """
    base = apparatus.pipeline.weights(BASE).tensors()
    last = apparatus.protocol.tracing_points - 1
    ways = [
        Waypoint(step / last, partial(interpolated, base, changed, step / last))
        for step in range(last + 1)
    ]
    return _trace(apparatus, concept, "interpolation", ways, folder)


def trace_checkpoints(
    apparatus: Apparatus, concept: Concept, checkpoints: Sequence[Waypoint], folder: Path
) -> Trace:
    """The curve along a training's checkpoints, from the base, which is put before them.

    Args:
        apparatus: draws and judges; the protocol says how many seeds.
        concept: the erased one.
        checkpoints: ascending, the first after 0, the last the erased model.
        folder: see `trace_interpolation`.

    Raises:
        DiskFullError, UnwritableError, RunFolderError: see `trace_interpolation`.

    Source: Lu et al. 2025, §3.5 and appendix D.6.
    """
    return _trace(apparatus, concept, "checkpoints", [Waypoint(0, dict), *checkpoints], folder)


def traced_seconds(concept: Concept, folder: Path) -> float:
    """Wall time of all points of a trace, whichever process drew them.

    Raises:
        RunFolderError: if the file of times is damaged.
    """
    return seconds_of(_times(concept, folder))


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
    apparatus: Apparatus,
    concept: Concept,
    kind: TraceKind,
    waypoints: Sequence[Waypoint],
    folder: Path,
) -> Trace:
    """Draws what is not drawn yet, a point after the other, and makes the curve."""
    protocol = apparatus.protocol
    path, times = folder / f"trace-{concept.name}.safetensors", _times(concept, folder)
    traced = read_traced(path)
    keep_times(times, len(traced))
    with tqdm(
        desc=f"trace, {concept.name}",
        total=protocol.tracing_seeds * len(waypoints),
        initial=protocol.tracing_seeds * len(traced),
        unit=" images",
    ) as progress:
        for waypoint in waypoints[len(traced) :]:
            began = perf_counter()
            traced = traced.and_then(*_see(apparatus, concept, waypoint))
            add_time(times, perf_counter() - began)
            write_traced(path, traced)
            progress.update(protocol.tracing_seeds)
    return trace_of(
        kind,
        concept.name,
        [waypoint.position for waypoint in waypoints],
        traced.embeddings.numpy(),
        traced.hits.numpy() if _is_judged(apparatus, concept) else None,
        BootstrapWeights(),
    )


def _see(
    apparatus: Apparatus, concept: Concept, waypoint: Waypoint
) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (S, D) and hits (S,) of a point's pictures, on the CPU."""
    protocol, panel = apparatus.protocol, apparatus.panel
    apparatus.pipeline.add_weights(_TRACED, waypoint.changed())
    try:
        pictures = apparatus.pictures(
            [
                StandardPrompt().trajectory(protocol, concept, seed, 0, _TRACED)
                for seed in range(protocol.tracing_seeds)
            ]
        )
    finally:
        apparatus.pipeline.remove_weights(_TRACED)
    embeddings = panel.clip.embed(pictures).cpu()
    if not _is_judged(apparatus, concept):
        return embeddings, torch.zeros(len(pictures), dtype=torch.bool)
    judged = panel.judge.judge(pictures, [concept] * len(pictures))
    return embeddings, torch.from_numpy(judged.top1)


def _is_judged(apparatus: Apparatus, concept: Concept) -> bool:
    return concept.kind == "object" or apparatus.protocol.style_judged
