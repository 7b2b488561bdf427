"""The row `weight_noise`: a base broken by noise, which shows nothing and must not rank well.

Every tensor of the UNet gets Gaussian noise of s times its own standard deviation. s is the
smallest of 0.1, 0.2, … at which the judge accepts no picture of gas pump, nor of any object by
which retention is measured, so that the row is as broken as it must be and no more. One object
would not do: it may be gone while others are still drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from tqdm import tqdm

from erasebench import __version__
from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.device import device_named
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.disk import room_for, unfinished
from erasebench.errors import ProtocolError
from erasebench.protocol import Protocol
from erasebench.scoring.judge import Judge
from erasebench.scoring.registry import load_judge
from erasebench.submission.base import open_base
from erasebench.submission.card import Card
from erasebench.submission.diff import write_diff
from erasebench.submission.names import UNET, part_of

WEIGHT_NOISE = "weight_noise"
"""Method on the card."""

TUNED_ON = CONCEPTS["gas_pump"]
"""What every setting is tuned on."""

PICTURES = 10
"""Pictures of each object at each s."""

SEEDS = "weight noise"
"""Seed set of these pictures, used for nothing else."""

_MOST_TENTHS = 30
"""Where the search gives up: nine tenths of a tensor's variance are noise there."""

_TRIED = "noised"
"""Name of the weights that are looked at."""


def make_weight_noise(
    protocol: Protocol,
    output: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
) -> Card:
    """Searches s for a protocol's base and writes the noised UNet as a diff.

    Args:
        protocol: whose base is broken.
        output: the diff's file.
        seed: of the noise in the weights.
        device: where to compute.
        threads: CPU threads; None for torch's own choice.

    Returns:
        The card in the diff; s is its setting `scale`.

    Raises:
        DeviceError: if the device is not there.
        ProtocolError: if a model is not the pinned one, or the judge accepts a picture at every s.
        OverflowedError: if the noised weights give no picture.
        DiskFullError, UnwritableError: if the diff cannot be written.
    """
    where = device_named(device)
    if threads is not None:
        torch.set_num_threads(threads)
    # Found out now, and not after the search.
    with room_for(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        unfinished(output).touch()
        unfinished(output).unlink()

    objects = asked_for(protocol)
    pipeline = load_base(protocol, where)
    judge = load_judge(protocol.judge, where)

    def accepted(scale: float) -> int:
        count = _accepted(pipeline, protocol, judge, objects, scale, seed)
        found = f"s = {scale}: the judge accepts {count} of {len(objects) * PICTURES} pictures"
        tqdm.write(found, file=sys.stderr)
        return count

    scale = smallest_scale(accepted)
    if scale is None:
        raise ProtocolError(
            protocol.judge.model.source,
            "This judge names objects in pictures from a base that is all but noise "
            f"(up to s = {_MOST_TENTHS / 10}), so no row can be broken by its verdict. "
            "Give the protocol a judge that rejects what shows nothing.",
        )
    card = Card(
        method=WEIGHT_NOISE,
        settings={
            "scale": str(scale),
            "seed": str(seed),
            "protocol": protocol.name,
            "erasebench": __version__,
        },
    )
    changed = noised(pipeline.weights(BASE).tensors(), scale, seed)
    write_diff(output, changed, open_base(protocol).digest, card)
    return card


def asked_for(protocol: Protocol) -> tuple[Concept, ...]:
    """Gas pump, and the objects by which a protocol measures retention."""
    kept = (CONCEPTS[name] for name in protocol.retention)
    return (TUNED_ON, *(concept for concept in kept if concept.kind == "object"))


def noised(base: Mapping[str, torch.Tensor], scale: float, seed: int) -> dict[str, torch.Tensor]:
    """The UNet's tensors with Gaussian noise on each.

    The noise of a tensor is the same at every scale, but for its size.

    Args:
        base: canonical name → tensor.
        scale: s; the noise has s times the standard deviation of a tensor's own values.
        seed: of the noise.

    Returns:
        Canonical name → tensor of every tensor of the UNet, like the base's. One whose values are
        all equal has no deviation, and stays as it is.
    """
    noise = NoiseSource(WEIGHT_NOISE, str(seed))
    return {
        name: tensor
        + scale
        * tensor.std(correction=0)
        * noise.draw(NoiseStream(name, 0), tuple(tensor.shape)).to(tensor)
        for name, tensor in base.items()
        if part_of(name) == UNET
    }


def smallest_scale(accepted: Callable[[float], int]) -> float | None:
    """The first s of 0.1, 0.2, … at which nothing is accepted.

    Args:
        accepted: how many pictures the judge accepts at an s.

    Returns:
        None if there are some up to the largest s.
    """
    scales = (tenths / 10 for tenths in range(1, _MOST_TENTHS + 1))
    return next((scale for scale in scales if not accepted(scale)), None)


def _accepted(
    pipeline: LoadedPipeline,
    protocol: Protocol,
    judge: Judge,
    objects: tuple[Concept, ...],
    scale: float,
    seed: int,
) -> int:
    """In how many pictures of noised weights the judge sees what they were asked for."""
    pipeline.add_weights(_TRIED, noised(pipeline.weights(BASE).tensors(), scale, seed))
    targets = [concept for concept in objects for _ in range(PICTURES)]
    asked = [
        Trajectory(target.prompt, _TRIED, prompt_start(index % PICTURES))
        for index, target in enumerate(targets)
    ]
    pictures = sample(pipeline, protocol, NoiseSource(protocol.name, SEEDS), asked, {}).pictures
    pipeline.remove_weights(_TRIED)
    return int(judge.judge(pictures, targets).top1.sum())
