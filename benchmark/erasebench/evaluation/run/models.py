"""The loaded models of a run, and the software and hardware they run on."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import diffusers
import numpy as np
import numpy.typing as npt
import torch
import transformers

from erasebench import __version__
from erasebench.classifier_training.data_set import DataSet
from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.device import DTYPES, device_named, rows_per_call, rows_that_fit
from erasebench.diffusion.latent_classifier import LatentClassifier
from erasebench.diffusion.memory import free_memory
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import Samples, sample
from erasebench.diffusion.trajectory import ANY_LEARNED, BASE, Trajectory
from erasebench.errors import RequestError
from erasebench.evaluation.plan.plan import Plan
from erasebench.optimisation.tries import SelectorVerdict
from erasebench.protocol import PUBLIC_SEEDS, HubPin, Protocol, SeedSet
from erasebench.results.record import Trial
from erasebench.results.result import Environment
from erasebench.scoring.panel import Opinion, Panel, load_panel


def open_apparatus(
    protocol: Protocol,
    cache: Path,
    *,
    device: str = "cpu",
    threads: int | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    seeds: SeedSet = PUBLIC_SEEDS,
) -> Apparatus:
    """Loads a protocol's own models, with a seed set.

    Args:
        protocol: names them.
        cache: see `Apparatus`.
        device: where to compute.
        threads: CPU threads; None for torch's own choice.
        batch_size: see `Apparatus`; None for what fills the device, or the memory that is free on
            it once its weights are there.
        dtype: a key of `DTYPES`, in which the base's weights are computed; None for the usual one.
        seeds: what streams of noise are seeded with.

    Raises:
        DeviceError: if the device is not there.
        ProtocolError: if a model is not the pinned one.
        RequestError: if the device cannot compute in the dtype.
    """
    where = device_named(device)
    computed_in = _dtype(protocol, where, dtype)
    if threads is not None:
        torch.set_num_threads(threads)
    pipeline = load_base(protocol, where, computed_in)
    opened = Apparatus(
        protocol=protocol,
        pipeline=pipeline,
        seeds=seeds,
        panel=load_panel(protocol, where),
        batch_size=pipeline.rows_per_call,
        cache=cache,
    )
    return opened.with_batches_of(batch_size)


def _dtype(protocol: Protocol, device: torch.device, name: str | None) -> torch.dtype:
    """What the base's weights are computed in.

    A bundled base is small and gains nothing from half precision. One from the Hub is large: on a
    GPU it is computed in float16, and on a CPU, which has no such arithmetic, in float32.
    """
    if name is None:
        large = isinstance(protocol.base, HubPin)
        return torch.float16 if large and device.type != "cpu" else torch.float32
    if name == "float16" and device.type == "cpu":
        raise RequestError(
            "A CPU does not compute in float16. Give --dtype float32, or bfloat16, which takes "
            "half the memory and is fast on processors that have instructions for it."
        )
    return DTYPES[name]


@dataclass(frozen=True)
class Apparatus:
    """What draws and judges.

    Attributes:
        protocol: fixes both.
        pipeline: the base, and the submission's weights beside it.
        seeds: what streams of noise are seeded with.
        panel: judge, selector and CLIP.
        batch_size: trajectories that are drawn at once.
        cache: holds what runs share, latent classifiers among it.
        given: latent classifiers that are not to be trained, by concept.
        photographs: what the others are trained on; None where none is, or pictures are drawn.
    """

    protocol: Protocol
    pipeline: LoadedPipeline
    seeds: SeedSet
    panel: Panel
    batch_size: int
    cache: Path
    given: Mapping[str, LatentClassifier] = field(default_factory=dict)
    photographs: DataSet | None = None

    @property
    def noise(self) -> NoiseSource:
        """Opens the seed set's streams."""
        return NoiseSource(self.protocol.name, self.seeds.name, secret=self.seeds.secret)

    def with_batches_of(self, size: int | None) -> Apparatus:
        """The same with another batch size; its UNet calls have two rows a trajectory, at most.

        Args:
            size: trajectories; None for what fills the device, or the memory that is free on it.
        """
        pipeline = self.pipeline
        most = rows_per_call(pipeline.device, pipeline.latent_shape)
        if size is None:
            channels: int = pipeline.weights(BASE).unet.config.block_out_channels[0]
            rows = rows_that_fit(
                pipeline.device,
                pipeline.latent_shape,
                channels,
                pipeline.dtype,
                free_memory(pipeline.device),
            )
            size = most if rows == most else max(1, rows // 2)
        pipeline.rows_per_call = min(most, 2 * size)
        return replace(self, batch_size=size)

    def draw(
        self,
        trajectories: Sequence[Trajectory],
        sources: Mapping[str, npt.NDArray[np.uint8]] = MappingProxyType({}),
        classifiers: Mapping[str, LatentClassifier] = MappingProxyType({}),
    ) -> Samples:
        """Draws one batch; arguments as of `sample`."""
        return sample(self.pipeline, self.protocol, self.noise, trajectories, sources, classifiers)

    def pictures(self, trajectories: Sequence[Trajectory]) -> npt.NDArray[np.uint8]:
        """Draws any number of trajectories, batch by batch: uint8 (N, H, W, 3)."""
        return np.concatenate(
            [
                self.draw(trajectories[at : at + self.batch_size]).pictures
                for at in range(0, len(trajectories), self.batch_size)
            ]
        )

    def selected(self, pictures: npt.NDArray[np.uint8], target: Concept) -> list[SelectorVerdict]:
        """What the selector says of pictures, uint8 (N, H, W, 3)."""
        verdicts = self.panel.select(pictures, target)
        return [
            SelectorVerdict(success, probability)
            for success, probability in zip(
                verdicts.top1.tolist(), verdicts.probability.tolist(), strict=True
            )
        ]

    def judge(
        self, plan: Plan, batch: Sequence[Trial], prompts: Sequence[str], samples: Samples
    ) -> list[Opinion]:
        """Judges a batch of pictures, each in its probe's view, in the batch's order.

        CLIP compares with the prompt that was drawn from; no CLIP knows a learned token, so with
        the concept's own prompt where there is one in it.
        """
        opinions: dict[int, Opinion] = {}
        views = [plan.probes[trial.probe].view for trial in batch]
        targets = [CONCEPTS[trial.target] for trial in batch]
        for view in dict.fromkeys(views):
            rows = [row for row, own in enumerate(views) if own == view]
            judged = self.panel.score(
                samples.pictures[np.array(rows)],
                [targets[row] for row in rows],
                [
                    targets[row].prompt if ANY_LEARNED in prompts[row] else prompts[row]
                    for row in rows
                ],
                view,
            )
            opinions.update(zip(rows, judged, strict=True))
        return [opinions[row] for row in range(len(batch))]


def environment_of(pipeline: LoadedPipeline, batch_size: int) -> Environment:
    """Software, machine, device, dtype, threads and batch size of a run."""
    return Environment(
        erasebench=__version__,
        python=platform.python_version(),
        torch=torch.__version__,
        diffusers=diffusers.__version__,
        transformers=transformers.__version__,
        platform=f"{platform.system()} {platform.machine()}",
        device=str(pipeline.device),
        accelerator=(
            torch.cuda.get_device_name(pipeline.device) if pipeline.device.type == "cuda" else None
        ),
        dtype=str(pipeline.dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        batch_size=batch_size,
    )
