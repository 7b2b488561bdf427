"""Seeded streams of noise."""

from __future__ import annotations

import hashlib
import hmac
import json

import numpy as np
import pytest
import torch

from erasebench.diffusion.noise import NoiseSource
from erasebench.diffusion.trajectory import NoiseStream

SOURCE = NoiseSource("pictogram-v1", "public")
STREAM = NoiseStream("step", 3, 1)
SECRET = "ab" * 32
HIDDEN = NoiseSource("sd14-v1", "2027-spring", secret=SECRET)


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


def test_a_hidden_stream_has_more_than_a_seed() -> None:
    """Of a seed torch takes 32 bits, which can all be tried; none of them gives a hidden stream."""
    low = HIDDEN.seed(STREAM) % 2**32
    seeded = torch.Generator().manual_seed(HIDDEN.seed(STREAM))

    assert torch.equal(
        torch.randn(64, generator=seeded),
        torch.randn(64, generator=torch.Generator().manual_seed(low)),
    )
    assert not torch.equal(
        HIDDEN.draw(STREAM, (64,)),
        torch.randn(64, generator=torch.Generator().manual_seed(low)),
    )


def test_a_hidden_stream_is_the_twister_from_a_state_of_its_own() -> None:
    """NumPy's generator gives the same words from the state that the stream's HMAC gives."""
    named = json.dumps(["sd14-v1", "2027-spring", "step", 3, 1]).encode()
    key = hashlib.shake_256(hmac.digest(SECRET.encode(), named, "sha256")).digest(2496)
    twister = np.random.MT19937(0)
    twister.state = {
        "bit_generator": "MT19937",
        "state": {"key": np.frombuffer(key, dtype="<u4"), "pos": 624},
    }

    drawn = torch.empty(2000, dtype=torch.int32).random_(generator=HIDDEN.open(STREAM))

    assert drawn.tolist() == (twister.random_raw(2000) % 2**31).tolist()


def test_a_hidden_stream_is_standard_normal() -> None:
    """As those of a seed are."""
    draws = torch.stack([HIDDEN.draw(NoiseStream("start", i), (4, 16, 16)) for i in range(100)])
    count = draws.numel()

    assert abs(draws.mean().item()) < 5 / count**0.5
    assert abs(draws.std().item() - 1) < 5 / (2 * count) ** 0.5
