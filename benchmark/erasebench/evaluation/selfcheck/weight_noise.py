"""The row `weight_noise`: a base destroyed by noise, which generates nothing and must rank low.

Every tensor of the UNet gets Gaussian noise of s times its own standard deviation. s is the
smallest of 0.1, 0.2, … at which the judge recognises gas pump and the objects of retention in no
image, so that the row is no more broken than necessary. One object is not enough: it may be gone
while others are still generated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from tqdm import tqdm

from erasebench.concepts import CONCEPTS, Concept
from erasebench.diffusion.device import device_named
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import prompt_start
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.disk import unfinished, writing
from erasebench.errors import ProtocolError
from erasebench.evaluation.plan.request import CPU, Compute
from erasebench.protocol import Protocol
from erasebench.scoring.registry import load_judge
from erasebench.submission.base_tensors import open_base
from erasebench.submission.card import Card
from erasebench.submission.formats.diff_writer import write_diff
from erasebench.submission.tensor_names import UNET, part_of
from erasebench.version import __version__

WEIGHT_NOISE = "weight_noise"
"""Method on the card."""

TUNED_ON = CONCEPTS["gas_pump"]
"""The concept that every setting is tuned on."""

PICTURES = 10
"""Images of each object at each s."""

SEEDS = "weight noise"
"""Seed set of these images, used for nothing else."""

_MOST_TENTHS = 30
"""End of the search: nine tenths of a tensor's variance are noise there."""

_TRIED = "noised"
"""Name of the noised weights."""


def make_weight_noise(
    protocol: Protocol,
    output: Path,
    compute: Compute = CPU,
    *,
    seed: int = 0,
) -> Card:
    """Searches s for a protocol's base and writes the noised UNet as a diff.

    Args:
        protocol: its base is destroyed.
        output: the diff's file.
        compute: device and threads.
        seed: of the noise in the weights.

    Returns:
        The card in the diff; s is its setting `scale`.

    Raises:
        DeviceError: if the machine lacks the device.
        ProtocolError: if a model is not the pinned one, or the judge accepts an image at every s.
        OverflowedError: if the noised weights generate no image.
        DiskFullError, UnwritableError: if the diff cannot be written.
    """
    device = device_named(compute.device)
    if compute.threads is not None:
        torch.set_num_threads(compute.threads)
    # Fails now rather than after the search.
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        unfinished(output).touch()
        unfinished(output).unlink()

    objects = judged_objects(protocol)
    pipeline = load_base(protocol, device)
    judge = load_judge(protocol.judge, device)

    targets = [concept for concept in objects for _ in range(PICTURES)]
    trajectories = [
        Trajectory(target.prompt, _TRIED, prompt_start(number % PICTURES))
        for number, target in enumerate(targets)
    ]
    noise = NoiseSource(protocol.name, SEEDS)
    base = pipeline.weights(BASE).tensors()

    def accepted(scale: float) -> int:
        """Number of images of noised weights in which the judge recognises their target."""
        pipeline.add_weights(_TRIED, noised(base, scale, seed))
        pictures = sample(pipeline, protocol, noise, trajectories, {}).pictures
        pipeline.remove_weights(_TRIED)
        count = int(judge.judge(pictures, targets).top1.sum())
        found = f"s = {scale}: the judge accepts {count} of {len(targets)} images"
        tqdm.write(found, file=sys.stderr)
        return count

    scale = smallest_scale(accepted)
    if scale is None:
        raise ProtocolError(
            protocol.judge.model.source,
            "This judge recognises objects in images from a base of almost pure noise "
            f"(up to s = {_MOST_TENTHS / 10}), so no noise destroys the base by its verdict. "
            "Choose a judge for the protocol that rejects such images.",
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
    write_diff(output, noised(base, scale, seed), open_base(protocol).digest, card)
    return card


def judged_objects(protocol: Protocol) -> tuple[Concept, ...]:
    """Gas pump, and the objects of a protocol's retention."""
    kept = (CONCEPTS[name] for name in protocol.retention)
    return (TUNED_ON, *(concept for concept in kept if concept.kind == "object"))


def noised(base: Mapping[str, torch.Tensor], scale: float, seed: int) -> dict[str, torch.Tensor]:
    """The UNet's tensors with Gaussian noise on each.

    The noise of a tensor is the same at every scale, except for its size.

    Args:
        base: canonical name → tensor.
        scale: s; the noise has s times the standard deviation of a tensor's own values.
        seed: of the noise.

    Returns:
        Canonical name → tensor of every tensor of the UNet, like the base's. A tensor of equal
        values has no deviation, and is not changed.
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
    """The first s of 0.1, 0.2, … at which no image is accepted.

    Args:
        accepted: number of images that the judge accepts at an s.

    Returns:
        None if some are accepted up to the largest s.
    """
    scales = (tenths / 10 for tenths in range(1, _MOST_TENTHS + 1))
    return next((scale for scale in scales if not accepted(scale)), None)
