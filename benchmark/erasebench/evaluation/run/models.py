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
from erasebench.evaluation.plan.request import CPU, Compute
from erasebench.evaluation.run.run_folder import claimed_batch_size
from erasebench.optimisation.tries import SelectorVerdict
from erasebench.protocol import PUBLIC_SEEDS, HubPin, Protocol, SeedSet
from erasebench.results.record import Trial
from erasebench.results.result import Environment
from erasebench.scoring.panel import Opinion, Panel, load_panel
from erasebench.version import __version__


def open_models(
    protocol: Protocol,
    cache: Path,
    compute: Compute = CPU,
    *,
    seeds: SeedSet = PUBLIC_SEEDS,
    folder: Path | None = None,
) -> LoadedModels:
    """Loads a protocol's own models.

    Args:
        protocol: names them.
        cache: see `LoadedModels`.
        compute: device, threads, batch size and precision.
        seeds: of all noise streams.
        folder: of a run; see `batched`.

    Raises:
        DeviceError: if the machine lacks the device.
        ProtocolError: if a model is not the pinned one.
        RequestError: if the device cannot compute in the dtype.
    """
    device = device_named(compute.device)
    dtype = _dtype(protocol, device, compute.dtype)
    if compute.threads is not None:
        torch.set_num_threads(compute.threads)
    pipeline = load_base(protocol, device, dtype)
    models = LoadedModels(
        protocol=protocol,
        pipeline=pipeline,
        seeds=seeds,
        panel=load_panel(protocol, device),
        batch_size=pipeline.rows_per_call,
        cache=cache,
    )
    return models.batched(compute, folder)


def _dtype(protocol: Protocol, device: torch.device, name: str | None) -> torch.dtype:
    """Precision of the base's weights.

    A bundled base is small and gains nothing from half precision. A base from the Hub is large: it
    computes in float16 on a GPU, and in float32 on a CPU, which has no float16 arithmetic.
    """
    if name is None:
        large = isinstance(protocol.base, HubPin)
        return torch.float16 if large and device.type != "cpu" else torch.float32
    if name == "float16" and device.type == "cpu":
        raise RequestError(
            "A CPU does not compute in float16. Use --dtype float32, or bfloat16, which takes "
            "half the memory and is fast on processors with instructions for it."
        )
    return DTYPES[name]


@dataclass(frozen=True)
class LoadedModels:
    """The models that generate and judge images.

    Attributes:
        protocol: names them.
        pipeline: the base, and the weights added to it.
        seeds: of all noise streams.
        panel: judge, selector and CLIP.
        batch_size: trajectories per batch.
        cache: shared by runs: the base's runs and images, latent classifiers.
        given: latent classifiers by concept that need no training.
        photographs: training data of the others; None without photographs.
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
        """The seed set's noise streams."""
        return NoiseSource(self.protocol.name, self.seeds.name, secret=self.seeds.secret)

    @property
    def environment(self) -> Environment:
        """Software, machine, device, dtype, threads and batch size."""
        device = self.pipeline.device
        return Environment(
            erasebench=__version__,
            python=platform.python_version(),
            torch=torch.__version__,
            diffusers=diffusers.__version__,
            transformers=transformers.__version__,
            platform=f"{platform.system()} {platform.machine()}",
            device=str(device),
            accelerator=torch.cuda.get_device_name(device) if device.type == "cuda" else None,
            dtype=str(self.pipeline.dtype).removeprefix("torch."),
            threads=torch.get_num_threads(),
            batch_size=self.batch_size,
        )

    def batched(self, compute: Compute, folder: Path | None) -> LoadedModels:
        """The same with another batch size; a UNet call has at most two rows per trajectory.

        Args:
            compute: the batch size, if one is chosen.
            folder: of a run, which keeps its batch size when it is resumed. A new run fills the
                device, or the memory that is free now.
        """
        pipeline = self.pipeline
        size = compute.batch_size
        if size is None and folder is not None:
            size = claimed_batch_size(folder)
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
        """Generates one batch; arguments as of `sample`."""
        return sample(self.pipeline, self.protocol, self.noise, trajectories, sources, classifiers)

    def pictures(self, trajectories: Sequence[Trajectory]) -> npt.NDArray[np.uint8]:
        """Generates any number of trajectories in batches: uint8 (N, H, W, 3)."""
        return np.concatenate(
            [
                self.draw(trajectories[at : at + self.batch_size]).pictures
                for at in range(0, len(trajectories), self.batch_size)
            ]
        )

    def selected(self, pictures: npt.NDArray[np.uint8], target: Concept) -> list[SelectorVerdict]:
        """The selector's verdicts on images, uint8 (N, H, W, 3)."""
        found = self.panel.select(pictures, target)
        verdicts = zip(found.top1.tolist(), found.probability.tolist(), strict=True)
        return [SelectorVerdict(success, probability) for success, probability in verdicts]

    def judge(
        self, plan: Plan, batch: Sequence[Trial], prompts: Sequence[str], samples: Samples
    ) -> list[Opinion]:
        """Judges a batch of images, each in its probe's view, in the batch's order.

        CLIP compares an image with its prompt, or with the concept's own prompt if its prompt has
        a learned token, which no CLIP knows.
        """
        opinions: dict[int, Opinion] = {}
        views = [plan.probes[trial.probe].view for trial in batch]
        targets = [CONCEPTS[trial.target] for trial in batch]
        texts = [
            target.prompt if ANY_LEARNED in prompt else prompt
            for target, prompt in zip(targets, prompts, strict=True)
        ]
        for view in dict.fromkeys(views):
            rows = [row for row, own in enumerate(views) if own == view]
            judged = self.panel.score(
                samples.pictures[np.array(rows)],
                [targets[row] for row in rows],
                [texts[row] for row in rows],
                view,
            )
            opinions.update(zip(rows, judged, strict=True))
        return [opinions[row] for row in range(len(batch))]
