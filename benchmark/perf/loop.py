"""Speed of the sampling loop on the noise probe, compared with one stock pipeline call per image.

    .venv/bin/python benchmark/perf/loop.py

Both generate equally many images with the same base: all variants of the noise probe for a few
prompt indices, with the same steps and guidance, decoded. Stock DDIM has neither η above 1 nor the
factor v, so the stock pipeline uses η = 1, at the same cost. The loop uses the batch size of an
evaluation. Both alternate batch by batch, so that other load on the machine slows both.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from diffusers.utils import logging

from erasebench.concepts import CONCEPTS
from erasebench.diffusion.device import device_named, rows_per_call
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.streams import fresh_start, prompt_start
from erasebench.diffusion.trajectory import BASE
from erasebench.probes.noise import Noise
from erasebench.protocol import PUBLIC_SEED_SET, Protocol, protocol_named

CONCEPT = CONCEPTS["church"]


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--protocol", default="pictogram-v1")
    parser.add_argument("--batches", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    protocol = protocol_named(given.protocol)

    pipeline = load_base(protocol, device_named("cpu"))
    ways = {
        "loop": _loop(protocol, pipeline, shared_start=True),
        "loop, nothing shared": _loop(protocol, pipeline, shared_start=False),
        "stock pipeline": _stock(protocol),
    }
    variants = len(Noise().settings(protocol))
    prompts = rows_per_call(pipeline.device, pipeline.latent_shape) // variants
    seconds = dict.fromkeys(ways, 0.0)
    for draw in ways.values():
        draw([0])  # the first call is slow, and not what a run is made of
    for batch in range(given.batches):
        for name, draw in ways.items():
            begun = time.perf_counter()
            draw(range(batch * prompts, (batch + 1) * prompts))
            seconds[name] += time.perf_counter() - begun

    plain = seconds["stock pipeline"]
    for name, spent in seconds.items():
        rate = given.batches * prompts * variants / spent
        print(f"{name:22} {rate:6.2f} pictures/s   {plain / spent:5.2f} times the stock pipeline")


def _loop(
    protocol: Protocol, pipeline: LoadedPipeline, *, shared_start: bool
) -> Callable[[Sequence[int]], None]:
    """Draws all variants in one batch; from starts of their own nothing can be shared."""
    noise = NoiseSource(protocol.name, PUBLIC_SEED_SET)
    probe = Noise()

    def draw(indices: Sequence[int]) -> None:
        trajectories = [
            replace(
                probe.trajectory(protocol, CONCEPT, index, variant, BASE),
                start=prompt_start(index) if shared_start else fresh_start(index, variant),
            )
            for index in indices
            for variant in range(len(probe.settings(protocol)))
        ]
        sample(pipeline, protocol, noise, trajectories, {})

    return draw


def _stock(protocol: Protocol) -> Callable[[Sequence[int]], None]:
    """Calls the stock pipeline once for each variant."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    pipeline = StableDiffusionPipeline.from_pretrained(protocol.base.folder, safety_checker=None)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)

    def draw(indices: Sequence[int]) -> None:
        for index, _ in product(indices, Noise().settings(protocol)):
            pipeline(
                CONCEPT.prompt,
                num_inference_steps=protocol.steps,
                guidance_scale=protocol.guidance_scale,
                eta=1.0,
                generator=torch.Generator().manual_seed(index),
                output_type="np",
            )

    return draw


if __name__ == "__main__":
    main()
