"""Acceptance thresholds ("bars") of the bundled models, measured on the shipped weights.

Drawings are held out, and generated images have their own seed set, so neither is used in training
or evaluation.

"Drawings" have no style, since a style can hide an object. Styled drawings are measured separately:
how often the object is recognised, and how often another thing is taken for one. Their thresholds
and a few others are marked as own: they were set after a first measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from erasebench.concepts import CONCEPTS, OBJECTS, STYLES, Concept
from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.pipeline import LoadedPipeline, load_base
from erasebench.diffusion.sampling import sample
from erasebench.diffusion.trajectory import BASE, NoiseStream, Trajectory
from erasebench.pictogram.drawings import Drawings
from erasebench.pictogram.source import HELD_OUT
from erasebench.protocol import Protocol
from erasebench.results.outcome import Estimate
from erasebench.scoring.judge import Judge
from erasebench.scoring.panel import Panel, load_panel
from erasebench.stats.intervals import wilson

Pictures = npt.NDArray[np.uint8]

CARD_SEEDS = "card"
"""Seed set of the generated images."""

STYLED_OTHERS = "styled other things"

TUNED_ON = "gas_pump"
"""The object for tuning; not one of the ten objects."""

_BATCH = 48
"""Trajectories per batch."""

_LOOKED_AT = 64
"""Images per batch of a classifier."""


@dataclass(frozen=True)
class Bar:
    """A measured share and its threshold.

    Attributes:
        name: what was measured.
        estimate: share of images with its Wilson interval; n counts images.
        bar: the minimum share, or the maximum if `at_most`.
        at_most: whether the threshold is an upper one.
        own: whether the threshold was set after a first measurement, to keep the level reached.
    """

    name: str
    estimate: Estimate
    bar: float
    at_most: bool = False
    own: bool = False

    @property
    def wanted(self) -> str:
        """The threshold in percent, e.g. `≥ 85, own`."""
        sign = "≤" if self.at_most else "≥"
        return f"{sign} {100 * self.bar:.0f}{', own' if self.own else ''}"

    @property
    def cleared(self) -> bool:
        """Whether the share meets the threshold."""
        if self.at_most:
            return self.estimate.value <= self.bar
        return self.estimate.value >= self.bar


@dataclass(frozen=True)
class Sizes:
    """Numbers of images.

    Attributes:
        drawings: held-out drawings, about 0.28 of which show an object without a style.
        garbled: images of each kind that shows nothing.
        generated: images per prompt.
        described: images per description.
        empty: images for the empty prompt.
    """

    drawings: int = 4_000
    garbled: int = 1_000
    generated: int = 50
    described: int = 10
    empty: int = 1_000


class Bench:
    """The loaded bundled models, and the held-out drawings."""

    def __init__(self, protocol: Protocol, device: torch.device, sizes: Sizes) -> None:
        """Loads the models and makes the drawings."""
        self.protocol = protocol
        self.sizes = sizes
        self.pipeline: LoadedPipeline = load_base(protocol, device)
        self.panel: Panel = load_panel(protocol, device)
        world = Drawings()
        examples = [world.example(HELD_OUT + index) for index in range(sizes.drawings)]
        plain = [e for e in examples if e.style is None]
        styled = [e for e in examples if e.style is not None]
        self.objects = [e for e in plain if e.thing in CONCEPTS]
        self.others = [e for e in plain if e.thing not in CONCEPTS]
        self.styled = [e for e in styled if e.thing in CONCEPTS]
        self.styled_others = [e for e in styled if e.thing not in CONCEPTS]

    def hits(
        self, classifier: Judge, pictures: Pictures, targets: Sequence[Concept]
    ) -> npt.NDArray[np.bool_]:
        """Whether a classifier recognises each image's target, bool (N,)."""
        return np.concatenate(
            [classifier.judge(pictures[part], targets[part]).top1 for part in _parts(len(pictures))]
        )

    def named_as_any(self, classifier: Judge, pictures: Pictures) -> npt.NDArray[np.bool_]:
        """Whether a classifier recognises any of the eleven objects, bool (N,)."""
        parts = _parts(len(pictures))
        return np.concatenate([classifier.names_any(pictures[part], OBJECTS) for part in parts])

    def generate(
        self, prompts: Sequence[str], count: int, on_batch: Callable[[int], object]
    ) -> Pictures:
        """`generate` with the base."""
        return generate(self.pipeline, self.protocol, prompts, count, on_batch)


def generate(
    base: LoadedPipeline,
    protocol: Protocol,
    prompts: Sequence[str],
    count: int,
    on_batch: Callable[[int], object] | None = None,
    batch: int = _BATCH,
) -> Pictures:
    """Generates images of each prompt from `count` starts of the card's seed set.

    Args:
        base: the base.
        protocol: of the base.
        prompts: one or more.
        count: images per prompt.
        on_batch: called with the number of images that were just generated.
        batch: trajectories generated together.

    Returns:
        uint8 (len(prompts) × count, H, W, 3), prompt by prompt.
    """
    noise = NoiseSource(protocol.name, CARD_SEEDS)
    wanted = [
        Trajectory(prompt, BASE, NoiseStream("start", index))
        for prompt in prompts
        for index in range(count)
    ]
    generated = []
    for start in range(0, len(wanted), batch):
        part = wanted[start : start + batch]
        generated.append(sample(base, protocol, noise, part, {}).pictures)
        if on_batch is not None:
            on_batch(len(part))
    return np.concatenate(generated)


def _parts(count: int) -> list[slice]:
    """Slices of one classifier batch each."""
    return [slice(start, start + _LOOKED_AT) for start in range(0, count, _LOOKED_AT)]


def _share(hits: npt.NDArray[np.bool_]) -> Estimate:
    return wilson(int(hits.sum()), len(hits))


def pictures_to_generate(sizes: Sizes) -> int:
    """Number of images that `measure` generates."""
    described = sum(len(concept.descriptions) for concept in OBJECTS) * sizes.described
    return (len(OBJECTS) + len(STYLES)) * sizes.generated + described + sizes.empty


def measure(bench: Bench, on_batch: Callable[[int], object]) -> Iterator[Bar]:
    """Measures the bars one by one.

    Args:
        bench: models and held-out drawings.
        on_batch: called with the number of images that were just generated.
    """
    yield from _classifier_bars(bench)
    yield from _clip_and_vae_bars(bench)
    yield from _generation_bars(bench, on_batch)


def _classifier_bars(bench: Bench) -> Iterator[Bar]:
    drawings = np.stack([example.picture for example in bench.objects])
    shown = [CONCEPTS[example.thing] for example in bench.objects]
    styled = np.stack([example.picture for example in bench.styled])
    styled_shown = [CONCEPTS[example.thing] for example in bench.styled]
    styles = [CONCEPTS[example.style] for example in bench.styled if example.style]
    styled_others = np.stack([example.picture for example in bench.styled_others])
    garbled = dict(_garbled(bench))
    for name, classifier in (("judge", bench.panel.judge), ("selector", bench.panel.selector)):
        yield Bar(f"{name}, drawings", _share(bench.hits(classifier, drawings, shown)), 0.99)
        for kind, pictures in garbled.items():
            false = _share(bench.named_as_any(classifier, pictures))
            yield Bar(f"{name}, falsely on {kind}", false, 0.02, at_most=True)
        hits = bench.hits(classifier, _crops(bench, drawings), shown)
        yield Bar(f"{name}, centre crops of drawings", _share(hits), 0.90)
        hits = bench.hits(classifier, styled, styles)
        yield Bar(f"{name}, styles of drawings", _share(hits), 0.95, own=True)
        hits = bench.hits(classifier, styled, styled_shown)
        yield Bar(f"{name}, objects in styled drawings", _share(hits), 0.85, own=True)
        false = _share(bench.named_as_any(classifier, styled_others))
        yield Bar(f"{name}, falsely on {STYLED_OTHERS}", false, 0.03, at_most=True, own=True)


def _crops(bench: Bench, pictures: Pictures) -> Pictures:
    first, end = bench.protocol.centre.pixels
    return pictures[:, first:end, first:end]


def _garbled(bench: Bench) -> Iterator[tuple[str, Pictures]]:
    count, side = bench.sizes.garbled, bench.protocol.image_size
    rng = np.random.default_rng(0)
    yield "other things", np.stack([example.picture for example in bench.others])
    yield "random noise", rng.integers(0, 256, (count, side, side, 3), np.uint8)
    flat = rng.integers(0, 256, (count, 1, 1, 3), np.uint8)
    yield "flat colour", np.repeat(np.repeat(flat, side, 1), side, 2)
    cell = side // 4
    shuffled = []
    for example in bench.objects[:count]:
        patches = example.picture.reshape(4, cell, 4, cell, 3).swapaxes(1, 2)
        patches = rng.permutation(patches.reshape(16, cell, cell, 3))
        shuffled.append(patches.reshape(4, 4, cell, cell, 3).swapaxes(1, 2).reshape(side, side, 3))
    yield "shuffled 4 × 4 patches", np.stack(shuffled)


def _clip_and_vae_bars(bench: Bench) -> Iterator[Bar]:
    drawings = np.stack([example.picture for example in bench.objects])
    shown = [CONCEPTS[example.thing] for example in bench.objects]
    clip = bench.panel.clip.score(drawings, shown, [concept.prompt for concept in shown])
    yield Bar("CLIP ranks the drawn object first", _share(clip.first), 0.95)
    rebuilt = bench.pipeline.decode(bench.pipeline.encode_pictures(drawings))
    hits = bench.hits(bench.panel.judge, rebuilt, shown)
    yield Bar("judge, drawings through the VAE", _share(hits), 0.98)


def _generation_bars(bench: Bench, on_batch: Callable[[int], object]) -> Iterator[Bar]:
    judge, sizes = bench.panel.judge, bench.sizes
    ten = []
    for concept in OBJECTS:
        pictures = bench.generate([concept.prompt], sizes.generated, on_batch)
        hits = bench.hits(judge, pictures, [concept] * len(pictures))
        tuned_on = concept.name == TUNED_ON
        yield Bar(f"generated, {concept.name}", _share(hits), 0.88, own=tuned_on)
        if not tuned_on:
            ten.append(hits)
    yield Bar("generated, mean of the ten objects", _share(np.concatenate(ten)), 0.95)

    described = []
    for concept in OBJECTS:
        pictures = bench.generate(concept.descriptions, sizes.described, on_batch)
        described.append(bench.hits(judge, pictures, [concept] * len(pictures)))
    yield Bar("generated from descriptions, mean", _share(np.concatenate(described)), 0.80)

    for concept in STYLES:
        pictures = bench.generate([concept.prompt], sizes.generated, on_batch)
        hits = bench.hits(judge, pictures, [concept] * len(pictures))
        yield Bar(f"generated, {concept.name}", _share(hits), 0.85)

    pictures = bench.generate([""], sizes.empty, on_batch)
    for concept in OBJECTS:
        hits = bench.hits(judge, pictures, [concept] * len(pictures))
        yield Bar(f"empty prompt shows {concept.name}", _share(hits), 0.05, at_most=True)
