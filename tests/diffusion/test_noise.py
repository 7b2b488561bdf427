"""Seeded streams of noise."""

from __future__ import annotations

import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.trajectory import NoiseStream

SOURCE = NoiseSource("pictogram-v1", "public")
STREAM = NoiseStream("step", 3, 1)


def test_a_seed_is_pinned() -> None:
    """The hash is part of the protocol: a seed that was published stays what it is."""
    assert SOURCE.seed(STREAM) == 6223082667189466738


@pytest.mark.parametrize(
    ("source", "stream"),
    [
        (NoiseSource("sd14-v1", "public"), STREAM),
        (NoiseSource("pictogram-v1", "hidden"), STREAM),
        (SOURCE, NoiseStream("start", 3, 1)),
        (SOURCE, NoiseStream("step", 4, 1)),
        (SOURCE, NoiseStream("step", 3, 2)),
        (SOURCE, NoiseStream("step", 3)),
        (SOURCE, NoiseStream("step", 3, 0)),
    ],
)
def test_every_part_of_a_stream_moves_its_seed(source: NoiseSource, stream: NoiseStream) -> None:
    """Protocol, seed set, name, prompt index and variant each make another stream."""
    assert source.seed(stream) != SOURCE.seed(STREAM)


def test_a_stream_does_not_depend_on_what_was_drawn_before() -> None:
    """Opening other streams first, or the same twice, changes nothing."""
    alone = SOURCE.draw(STREAM, (4, 8, 8))
    SOURCE.draw(NoiseStream("start", 0), (4, 8, 8))

    assert torch.equal(SOURCE.draw(STREAM, (4, 8, 8)), alone)


def test_an_open_stream_goes_on() -> None:
    """A generator gives the stream's first noise, then other noise."""
    generator = SOURCE.open(STREAM)

    first, second = (torch.randn((4, 8, 8), generator=generator) for _ in range(2))

    assert torch.equal(first, SOURCE.draw(STREAM, (4, 8, 8)))
    assert not torch.equal(first, second)


def test_noise_is_standard_normal() -> None:
    """Mean and deviation over 100 streams are 0 and 1 within five standard errors."""
    draws = torch.stack([SOURCE.draw(NoiseStream("start", i), (4, 16, 16)) for i in range(100)])
    count = draws.numel()

    assert abs(draws.mean().item()) < 5 / count**0.5
    assert abs(draws.std().item() - 1) < 5 / (2 * count) ** 0.5


def test_streams_are_uncorrelated() -> None:
    """No two of twenty neighbouring streams resemble each other."""
    draws = torch.stack([SOURCE.draw(NoiseStream("start", i), (1024,)) for i in range(20)])

    correlation = torch.corrcoef(draws) - torch.eye(20)

    assert correlation.abs().max().item() < 0.2
